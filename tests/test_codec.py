"""The channel's format: what goes in comes out, and what is malformed is refused within bounds."""

import struct
import tracemalloc
from collections import Counter, OrderedDict

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox.inside import codec


def refuse(value):
    raise codec.NotPlain(type(value).__name__)


def no_objects(form):
    raise codec.ChannelError("no objects here")


def reader(data):
    position = 0

    def read(size):
        nonlocal position
        position += size
        if position > len(data):
            raise codec.ChannelError("cut")
        return bytearray(data[position - size : position])

    return read


def there_and_back(value):
    buffers = []
    form = codec.encode(value, buffers, refuse)
    frame = b"".join(codec.pack(["value", form], buffers))
    message, returned = codec.unpack(reader(frame), codec.Limits())
    return codec.decode(message[1], returned, no_objects)


def framed(message, *buffers):
    return b"".join(codec.pack(message, list(buffers)))


def decoded(form, *buffers):
    return codec.decode(form, [bytearray(buffer) for buffer in buffers], no_objects)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(plain)
def test_plain_values_come_back_equal_and_of_the_same_type(value):
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)


@given(
    hnp.arrays(
        dtype=st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_, np.complex128, ">f8"]),
        shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
        elements=st.integers(0, 1),
    )
)
def test_arrays_come_back_with_dtype_shape_and_values(array):
    back = there_and_back(array)
    assert back.dtype == array.dtype.newbyteorder("<") or back.dtype == array.dtype
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


def test_arrays_that_are_not_contiguous_travel():
    array = np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)[::2]
    np.testing.assert_array_equal(there_and_back(array), array)


def test_scalars_keep_their_numpy_type():
    back = there_and_back([np.float32(0.5), np.int8(-3), np.bool_(True), 1 + 2j])
    assert [type(item) for item in back] == [np.float32, np.int8, np.bool_, complex]
    assert back == [0.5, -3, True, 1 + 2j]


def test_subclasses_travel_as_what_they_derive_from():
    assert type(there_and_back(Counter(a=2))) is dict
    assert type(there_and_back(OrderedDict(a=2))) is dict
    assert type(there_and_back(np.matrix([[1.0, 2.0]]))) is np.ndarray


@pytest.mark.parametrize("value", [object(), len, 2**70, np.array([None]), {frozenset(): 1}, np.array(["a"])])
def test_what_is_not_plain_is_left_to_the_caller(value):
    with pytest.raises(codec.NotPlain):
        codec.encode(value, [], refuse)


def test_endless_nesting_is_left_to_the_caller():
    loop = []
    loop.append(loop)
    with pytest.raises(codec.NotPlain):
        codec.encode(loop, [], refuse)


@pytest.mark.parametrize(
    "form",
    [
        ["a", "<f8", [2, 2], 0],
        ["a", "<f8", [2**60, 2**60], 0],
        ["a", "<f8", [-1], 0],
        ["a", "|O", [3], 0],
        ["a", "<f8", [3], 1],
        ["a", "<f8", [3], -1],
        ["a", "<f8", "3", 0],
        ["a", "<f8"],
        ["s", "<f8", b"1"],
        ["s", "|V8", b"12345678"],
        ["d", 1],
        ["d", ["l"], 1],
        ["S", ["l"]],
        ["c", "1", 2.0],
        ["z"],
        [],
        [[]],
        ["h", 1, "x"],
        b"raw",
    ],
)
def test_malformed_values_are_refused(form):
    with pytest.raises(codec.ChannelError):
        decoded(form, bytes(24))


def test_a_value_with_too_many_parts_or_too_deep_is_refused():
    deep = None
    for _ in range(40):
        deep = ["l", deep]
    with pytest.raises(codec.ChannelError):
        decoded(deep)
    with pytest.raises(codec.ChannelError):
        decoded(["l", *([1] * 300_000)])


@pytest.mark.parametrize("shape", [[0, 2**62, 2**62], [0, 2**63], [2**64 - 1, 0]])
def test_arrays_without_entries_may_not_have_any_shape(shape):
    with pytest.raises(codec.ChannelError, match="impossible shape"):
        decoded(["a", "<f8", shape, 0], b"")


def test_what_is_decoded_can_be_encoded_again():
    deep = 1
    for _ in range(codec.DEPTH):
        deep = ["l", deep]
    assert there_and_back(decoded(deep)) == decoded(deep)
    with pytest.raises(codec.ChannelError):
        decoded(["l", deep])
    with pytest.raises(codec.ChannelError, match="key"):
        decoded(["d", ["b", b"bytes"], 1])


def test_keys_with_equal_hashes_are_refused_before_they_take_minutes():
    keys = [["c", float(2**40 - 1000003 * n), float(n)] for n in range(200)]
    assert len({hash(complex(*key[1:])) for key in keys}) == 1
    with pytest.raises(codec.ChannelError, match="alike"):
        decoded(["S", *keys])


@pytest.mark.parametrize("part", [b"\x90", b"\x80", b"\x91\x90", b"\xdc\x00\x00"])
def test_a_header_of_empty_lists_is_refused_before_it_takes_memory(part):
    limits = codec.Limits(items=1000)
    count = (256 << 10) // len(part)
    header = b"\x92\xa2ok\xdd" + struct.pack(">I", count) + part * count
    read = reader(struct.pack(">II", len(header), 0) + header)
    tracemalloc.start()
    try:
        with pytest.raises(codec.ChannelError, match="too many parts"):
            codec.unpack(read, limits)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_a_hundred_thousand_parts_still_arrive():
    value = [[]] * 100_000
    assert there_and_back(value) == value


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">II", 2**31, 0),
        struct.pack(">II", 10, 2**30),
        struct.pack(">IIQ", 10, 1, 2**62),
        struct.pack(">II", 3, 0) + b"\xc1\xc1\xc1",
        framed(["x"])[:-1],
        struct.pack(">II", 1, 0) + msgpack.packb(7),
        struct.pack(">II", 1, 0) + msgpack.packb([]),
        struct.pack(">II", 6, 0) + msgpack.packb(msgpack.ExtType(4, b"abc")),
        struct.pack(">II", 5, 0) + msgpack.packb({"a": 1, "b": 2})[:5],
        struct.pack(">II", 3000, 0) + b"\x91" * 3000,
    ],
)
def test_malformed_frames_are_refused_without_reading_what_they_announce(frame):
    with pytest.raises(codec.ChannelError):
        codec.unpack(reader(frame), codec.Limits())


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_no_bytes_crash_the_reader(data):
    try:
        message, buffers = codec.unpack(reader(data), codec.Limits())
        codec.decode(message, buffers, no_objects)
    except codec.ChannelError:
        pass


@pytest.mark.slow
@given(st.recursive(st.none() | st.integers(-3, 300) | st.text(max_size=2) | st.binary(max_size=9), st.lists))
@settings(max_examples=300)
def test_no_header_crashes_the_decoder(form):
    try:
        decoded(form, b"12345678")
    except codec.ChannelError:
        pass
