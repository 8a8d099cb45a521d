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
import re
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


DEPTH = 12
KEYS = (str, int, bool, float, tuple, type(None))


class ChannelError(Exception):
    """A frame that does not follow the format, or exceeds a limit."""


class TooLarge(ChannelError):
    """A frame that announces more than the reader accepts."""


class NotPlain(Exception):
    """Raised by `encode` for a value that the channel cannot carry."""


@dataclass(frozen=True)
class Limits:
    """What a reader accepts in one frame; sizes in bytes."""

    header: int = 4 << 20
    buffers: int = 20_000
    total: int = 256 << 20
    depth: int = DEPTH
    items: int = 200_000


_PREFIX = struct.Struct(">II")
# msgpack's heads: small integers, nil and booleans; then those with a length of 1, 2 or 4 bytes, and numbers.
_ONE_BYTE = re.compile(rb"[\x00-\x7f\xc0-\xc3\xe0-\xff]*")
_WITH_LENGTH = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_FIXED = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_SMALL = 64 << 10
_AHEAD = 16 << 10
_ALIKE = 50


def pack(message: list[Any], buffers: list[Any]) -> list[bytes | memoryview]:
    """A frame as a list of byte blocks to be sent in order."""
    # Text may hold half a character, a file's name for one, which whoever reads would refuse.
    header = msgpack.packb(message, use_bin_type=True, strict_types=True, unicode_errors="backslashreplace")
    views = [memoryview(buffer).cast("B") for buffer in buffers]
    lengths = struct.pack(f">{len(views)}Q", *(len(view) for view in views))
    blocks = [_PREFIX.pack(len(header), len(views)), lengths, header, *views]
    # Each block costs a system call, and may wake the reader for half a frame.
    if sum(map(len, blocks)) <= _SMALL:
        return [b"".join(blocks)]
    return [b"".join(blocks[:3]), *views]


def unpack(read: Callable[[int], bytearray], limits: Limits) -> tuple[list[Any], list[bytearray]]:
    """Read one frame with `read(n)`, which returns exactly n bytes. Raises ChannelError."""
    header_size, count = _PREFIX.unpack(read(_PREFIX.size))
    if header_size > limits.header or count > limits.buffers:
        raise TooLarge(f"a frame announced a header of {header_size} bytes and {count} arrays")
    sizes = struct.unpack(f">{count}Q", read(8 * count)) if count else ()
    if header_size + sum(sizes) > limits.total:
        raise TooLarge(f"a frame announced {sum(sizes)} bytes of arrays")
    header = read(header_size)
    if header_size > _SMALL and _lists(header, 2 * limits.items) > 2 * limits.items:
        raise ChannelError("a frame's header has too many parts")
    try:
        message = msgpack.unpackb(header, raw=False, ext_hook=_no_extensions, max_map_len=0)
    except ChannelError:
        raise
    except Exception as error:
        raise ChannelError(f"a frame's header is not valid: {type(error).__name__}") from error
    if type(message) is not list or not message or type(message[0]) is not str:
        raise ChannelError("a frame's header is not a message")
    return message, [read(size) for size in sizes]


def _lists(header: bytearray, most: int) -> int:
    """How many lists and maps a header holds; not counted on far past `most`.

    An empty list is one byte there and 64 as an object: 4 MiB of them would take 260.
    """
    position = found = 0
    while position < len(header) and found <= most:
        position = _ONE_BYTE.match(header, position).end()
        head = header[position] if position < len(header) else 0
        position += 1
        if 0xA0 <= head <= 0xBF:
            position += head & 0x1F
        elif head in _WITH_LENGTH:
            size = _WITH_LENGTH[head]
            position += size + int.from_bytes(header[position : position + size], "big")
        elif head in _FIXED:
            position += _FIXED[head]
        else:
            # A list, a map or an extension, which is refused when it is met.
            found += 1
            position += {0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}.get(head, 0)
    return found


def _no_extensions(code: int, data: bytes) -> Any:
    raise ChannelError("a frame holds a msgpack extension")


class ReadAhead:
    """Exactly as many bytes as are asked for, from few and large reads: what comes along is kept for the next."""

    def __init__(self) -> None:
        self._chunk = memoryview(bytearray(_AHEAD))
        self.left = self._chunk[:0]

    def read(self, size: int, receive_into: Callable[[memoryview], int]) -> bytearray:
        """`size` bytes; `receive_into(view)` waits for some, puts them there, and says how many."""
        data = bytearray(size)
        view = memoryview(data)
        while True:
            ready = min(len(view), len(self.left))
            view[:ready] = self.left[:ready]
            view, self.left = view[ready:], self.left[ready:]
            if not view:
                return data
            if len(view) < _AHEAD:
                self.left = self._chunk[: receive_into(self._chunk)]
            else:
                view = view[receive_into(view) :]


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
    if depth >= DEPTH:
        return reference(value)
    if isinstance(value, list | tuple | set | frozenset):
        tag = "l" if isinstance(value, list) else "t" if isinstance(value, tuple) else "S"
        return [tag, *(encode(item, buffers, reference, depth + 1) for item in value)]
    if isinstance(value, dict):
        if all(type(key) in KEYS for key in dict.keys(value)):
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
            if depth >= limits.depth:
                raise ChannelError("a value is too deeply nested")
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
    if any(type(key) not in KEYS for key in parts[::2]):
        raise ChannelError("a key that does not travel")
    return dict(_hashed(zip(parts[::2], parts[1::2], strict=True)))


def _set(parts: list[Any]) -> set[Any]:
    return {part for part, _ in _hashed((part, None) for part in parts)}


def _hashed(pairs: Any) -> Any:
    """Tuples and complex numbers with equal hashes are easily made, and each would be compared with all others."""
    seen: dict[int, int] = {}
    for key, value in pairs:
        try:
            number = hash(key)
        except TypeError:
            raise ChannelError("a key that cannot be hashed") from None
        seen[number] = seen.get(number, 0) + 1
        if seen[number] > _ALIKE:
            raise ChannelError("too many keys that are alike")
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
        return _empty(shape, DTYPES[dtype])
    return np.frombuffer(buffers[index], DTYPES[dtype]).reshape(shape)


def _empty(shape: list[int], dtype: np.dtype) -> np.ndarray:
    """NumPy refuses some shapes without entries, as (0, 2**62)."""
    try:
        return np.zeros(shape, dtype)
    except (ValueError, OverflowError):
        raise ChannelError("an array with an impossible shape") from None


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
