"""The channel's format: frames of bounded size, values of a closed list of types, nothing executable.

A frame is a msgpack header, which holds only nil, booleans, integers, floats, strings, bytes and lists, and raw
buffers, one for each array. A value that is not one of those scalars is a list that starts with a tag:

    ["l", items...]  ["t", items...]  ["S", items...]  list, tuple, set
    ["d", key, value, key, value...]                   dict
    ["a", dtype, shape, buffer index]                  NumPy array; the buffer's length must match
    ["s", dtype, bytes]                                NumPy scalar
    ["c", real, imaginary]                             complex
    ["h", number, type name]                           an object that stays on the student's side
    ["n", name, attribute...]                          a name of the student's, or an attribute of it
    ["H", number, attribute...]                        an attribute of an object on the student's side
    ["f", number]                                      a function that stays on the grader's side

Whoever reads a frame trusts nothing in it: see `Limits`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

DTYPES = {
    np.dtype(name).str: np.dtype(name)
    for name in [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
}


class ChannelError(Exception):
    """A frame that does not follow the format, or exceeds a limit."""


class NotPlain(Exception):
    """Raised by `encode` for a value that the channel cannot carry."""


@dataclass(frozen=True)
class Limits:
    """What a reader accepts in one frame; sizes in bytes."""

    header: int = 4 << 20
    buffers: int = 20_000
    total: int = 256 << 20
    depth: int = 16
    items: int = 200_000


_PREFIX = struct.Struct(">II")


def pack(message: list[Any], buffers: list[Any]) -> list[bytes | memoryview]:
    """A frame as a list of byte blocks to be sent in order."""
    header = msgpack.packb(message, use_bin_type=True, strict_types=True, unicode_errors="surrogatepass")
    views = [memoryview(buffer).cast("B") for buffer in buffers]
    lengths = struct.pack(f">{len(views)}Q", *(len(view) for view in views))
    return [_PREFIX.pack(len(header), len(views)) + lengths + header, *views]


def unpack(read: Callable[[int], bytearray], limits: Limits) -> tuple[list[Any], list[bytearray]]:
    """Read one frame with `read(n)`, which returns exactly n bytes. Raises ChannelError."""
    header_size, count = _PREFIX.unpack(read(_PREFIX.size))
    if header_size > limits.header or count > limits.buffers:
        raise ChannelError(f"a frame announced a header of {header_size} bytes and {count} arrays")
    sizes = struct.unpack(f">{count}Q", read(8 * count))
    if header_size + sum(sizes) > limits.total:
        raise ChannelError(f"a frame announced {sum(sizes)} bytes of arrays")
    header = read(header_size)
    try:
        message = msgpack.unpackb(header, raw=False, ext_hook=_no_extensions, max_map_len=0)
    except ChannelError:
        raise
    except Exception as error:
        raise ChannelError(f"a frame's header is not valid: {type(error).__name__}") from error
    if type(message) is not list or not message or type(message[0]) is not str:
        raise ChannelError("a frame's header is not a message")
    return message, [read(size) for size in sizes]


def _no_extensions(code: int, data: bytes) -> Any:
    raise ChannelError("a frame holds a msgpack extension")


def encode(value: Any, buffers: list[Any], reference: Callable[[Any], list[Any]], depth: int = 0) -> Any:
    """The header form of `value`; its arrays are appended to `buffers`.

    `reference(object)` gives the tagged list for a value that is not plain, or raises NotPlain.
    Subclasses are sent as what they derive from (a Counter as a dict, a matrix as an array).
    """
    kind = type(value)
    if value is None or kind is bool or kind is float or kind is str:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else reference(value)
    if isinstance(value, np.generic) and value.dtype.str in DTYPES:
        return ["s", value.dtype.str, value.tobytes()]
    if isinstance(value, np.ndarray):
        array = np.asarray(value)
        if array.dtype.newbyteorder("<").str in DTYPES or array.dtype.str in DTYPES:
            array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            buffers.append(array.reshape(-1).view(np.uint8) if array.size else b"")
            return ["a", array.dtype.str, list(value.shape), len(buffers) - 1]
        return reference(value)
    if depth >= 12:
        return reference(value)
    if isinstance(value, list | tuple | set | frozenset):
        tag = "l" if isinstance(value, list) else "t" if isinstance(value, tuple) else "S"
        return [tag, *(encode(item, buffers, reference, depth + 1) for item in value)]
    if isinstance(value, dict):
        if all(type(key) in (str, int, bool, float, tuple) or key is None for key in dict.keys(value)):
            pairs = [part for pair in dict.items(value) for part in pair]
            return ["d", *(encode(part, buffers, reference, depth + 1) for part in pairs)]
        return reference(value)
    if kind is complex:
        return ["c", value.real, value.imag]
    if kind is bytes:
        return ["b", value]
    if isinstance(value, float):
        return float.__float__(value)
    return reference(value)


def decode(
    form: Any,
    buffers: list[bytearray],
    resolve: Callable[[list[Any]], Any],
    limits: Limits = Limits(),
    writable: bool = True,
) -> Any:
    """The value of a header form. `resolve` turns the tags h, n, H and f into objects. Raises ChannelError."""
    budget = limits.items

    def walk(form: Any, depth: int) -> Any:
        nonlocal budget
        budget -= 1
        if budget < 0 or depth > limits.depth:
            raise ChannelError("a value has too many or too deeply nested parts")
        if form is None or type(form) in (bool, int, float, str):
            return form
        if type(form) is not list or not form or type(form[0]) is not str:
            raise ChannelError("a value is not one of the types that travel")
        tag, *parts = form
        if tag in _CONTAINERS:
            return _CONTAINERS[tag]([walk(part, depth + 1) for part in parts])
        if tag == "a":
            array = _array(parts, buffers)
            array.flags.writeable = writable
            return array
        if tag == "s":
            return _scalar(parts)
        if tag == "c":
            return _complex(parts)
        if tag == "b" and len(parts) == 1 and type(parts[0]) is bytes:
            return parts[0]
        if tag in ("h", "n", "H", "f"):
            return resolve(form)
        raise ChannelError(f"unknown tag {tag[:20]!r}")

    return walk(form, 0)


def _dict(parts: list[Any]) -> dict[Any, Any]:
    if len(parts) % 2:
        raise ChannelError("a dictionary has a key without a value")
    return dict(_hashed(zip(parts[::2], parts[1::2], strict=True)))


def _set(parts: list[Any]) -> set[Any]:
    return {part for part, _ in _hashed((part, None) for part in parts)}


def _hashed(pairs: Any) -> Any:
    for key, value in pairs:
        try:
            hash(key)
        except TypeError:
            raise ChannelError("a key that cannot be hashed") from None
        yield key, value


_CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {"l": list, "t": tuple, "d": _dict, "S": _set}


def _array(parts: list[Any], buffers: list[bytearray]) -> np.ndarray:
    if len(parts) != 3:
        raise ChannelError("an array without dtype, shape and data")
    dtype, shape, index = parts
    if type(dtype) is not str or dtype not in DTYPES:
        raise ChannelError("an array of a dtype that does not travel")
    if type(shape) is not list or len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
        raise ChannelError("an array with an impossible shape")
    if type(index) is not int or not 0 <= index < len(buffers):
        raise ChannelError("an array without data")
    if math.prod(shape) * DTYPES[dtype].itemsize != len(buffers[index]):
        raise ChannelError("an array whose shape does not match its data")
    if not len(buffers[index]):
        return np.zeros(shape, DTYPES[dtype])
    return np.frombuffer(buffers[index], DTYPES[dtype]).reshape(shape)


def _scalar(parts: list[Any]) -> np.generic:
    if len(parts) != 2 or type(parts[0]) is not str or parts[0] not in DTYPES or type(parts[1]) is not bytes:
        raise ChannelError("a NumPy scalar that is none")
    if len(parts[1]) != DTYPES[parts[0]].itemsize:
        raise ChannelError("a NumPy scalar of the wrong size")
    return np.frombuffer(parts[1], DTYPES[parts[0]])[0]


def _complex(parts: list[Any]) -> complex:
    if len(parts) != 2 or any(type(part) is not float for part in parts):
        raise ChannelError("a complex number that is none")
    return complex(*parts)
