"""The student's namespace as checks see it: `student.softmax(x)` calls student code and brings values back.

The same classes serve the sandbox, over a socket, and stock mode, in process. Both pass every value through
`inside.codec`, so a check always holds a copy, of an exact type, and the two runners agree.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Protocol

from .inside import codec
from .inside.objects import ObjectServer

MAX_CALLBACKS = 200_000
# Functions of the grader's that fill a dictionary ask the student's side while student code waits for them.
MAX_NESTED = 10
MAX_KEYS = 10_000


class StudentError(Exception):
    """Student code did not return: the base of the four ways."""


class NotWritten(StudentError):
    """The stub is still there, or the name is not defined."""


class StudentCrashed(StudentError):
    """Student code raised; `type_name`, and the student's own `line` of source with its `lineno`."""

    def __init__(self, type_name: str, line: str, lineno: int):
        super().__init__(f"{type_name} at line {lineno}: {line}")
        self.type_name, self.line, self.lineno = type_name, line, lineno


class StudentTimedOut(StudentError):
    """Student code did not answer in time."""


class StudentDied(StudentError):
    """The process that ran student code is gone, or answered nonsense."""


class Link(Protocol):
    """Carries one request to an ObjectServer and returns its answer, serving call-backs meanwhile."""

    def request(self, message: list[Any], buffers: list[Any], on_callback: Callback) -> Answer: ...


Answer = tuple[list[Any], list[bytearray]]
Callback = Callable[[list[Any], list[bytearray]], tuple[Any, list[Any]]]


class Remote:
    """Something on the student's side: a name, an object, or an attribute of one.

    Attributes are lazy (`net.W1.value()` fetches); items are fetched at once (`params["W1"]`). There is no
    `==`, no float() and no iteration: fetch by value, then compare.
    """

    __slots__ = ("_path", "_student", "_type_name")

    def __init__(self, student: Student, path: list[Any], type_name: str = ""):
        object.__setattr__(self, "_student", student)
        object.__setattr__(self, "_path", path)
        object.__setattr__(self, "_type_name", type_name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._student._request("call", self, list(args), kwargs)

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("__"):
            raise AttributeError(name)
        tag, *rest = self._path
        return Remote(self._student, ["n" if tag == "n" else "H", *rest, name])

    def __setattr__(self, name: str, value: Any) -> None:
        self._student._request("setattr", self, name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._student._request("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._student._request("setitem", self, key, value)

    def items_at(self, *keys: Any) -> list[Any]:
        """What `[key]` gives for each key, in one request."""
        items = self._student._request("getitems", self, list(keys))
        if type(items) is not list or len(items) != len(keys):
            raise StudentDied("the student's process sent other items than were asked for")
        return items

    def set_items(self, items: dict[Any, Any]) -> None:
        """`[key] = value` for each of `items`, in one request."""
        self._student._request("setitems", self, items)

    def __contains__(self, key: Any) -> bool:
        return self._student._request("contains", self, key) is True

    def __len__(self) -> int:
        length = self._student._request("len", self)
        if type(length) is not int or not 0 <= length < 2**63:
            raise StudentDied("the student's process sent a length that is none")
        return length

    def __bool__(self) -> bool:
        return True

    __iter__ = None

    def keys(self) -> Any:
        """The keys of a dictionary, as a list."""
        keys = self._student._request("keys", self)
        try:
            hash(tuple(keys) if type(keys) is list else keys)
        except TypeError:
            keys = None
        if type(keys) is not list or len(keys) > MAX_KEYS:
            raise StudentDied("the student's process sent keys that are none")
        return keys

    def value(self) -> Any:
        """The object by value, where it is plain; else a `Remote`."""
        return self._student._request("value", self)

    def __repr__(self) -> str:
        return f"<Remote {'.'.join(map(str, self._path[1:]))} {self._type_name}>".replace(" >", ">")


class Student:
    """The student's names. `transcript` lists what each request of the current check gave, or raised.

    Arrays that come back are read-only: the transcript shares them.
    """

    def __init__(self, link: Link):
        self._link = link
        self._functions: list[Callable[..., Any]] = []
        self._callbacks = self._nested = 0
        self._grader_error: BaseException | None = None
        self.transcript: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("_"):
            raise AttributeError(name)
        return Remote(self, ["n", name])

    def begin_check(self, seed: int) -> None:
        """Seed the student's global generators, forget the transcript and what `Remote`s of earlier checks stand for.

        They get the lowest 32 bits: from the whole seed student code could foretell what the check's `rng` draws.
        """
        self._functions.clear()
        self._callbacks = 0
        self._request("begin", seed % 2**32)
        self.transcript = []

    def end_check(self) -> None:
        """Let objects go that live in this process. A fork keeps them until its next check, or its end."""
        forget = getattr(self._link, "forget", None)
        if forget is not None:
            forget()

    def allow(self, seconds: float | None) -> None:
        """Set the time limit of the next check, where there is one; None is the assignment's."""
        limit = getattr(self._link, "allow", None)
        if limit is not None:
            limit(seconds)

    def full_time(self) -> None:
        """Give this fork the whole time limit of a check, also after another one hung."""
        lift = getattr(self._link, "full_time", None)
        if lift is not None:
            lift()

    def dict(self, initial: dict[str, Any] | None = None) -> Remote:
        """A dictionary that stays on the student's side."""
        return self._kept("make", "dict", initial or {})

    def counter(self, initial: dict[str, Any] | None = None) -> Remote:
        """A collections.Counter that stays on the student's side."""
        return self._kept("make", "counter", initial or {})

    def array(self, values: Any) -> Remote:
        """A NumPy array that stays on the student's side, to see whether it is changed in place."""
        return self._kept("make", "array", values)

    def given(self, module: str, name: str) -> Remote:
        """A library function, on the student's side."""
        return self._kept("given", module, name)

    def bind(self, **names: Any) -> None:
        """Replace names in the student's namespace, for as long as this fork lives."""
        self._request("bind", names)

    def defines(self, name: str) -> bool:
        """Whether the notebook defines `name`."""
        return self._request("defines", name) is True

    def _kept(self, operation: str, *arguments: Any) -> Remote:
        """What stays on the student's side; checks go on with it without looking."""
        value = self._request(operation, *arguments)
        if type(value) is not Remote:
            raise StudentDied("the student's process gave a value where a reference was asked for")
        return value

    def _request(self, operation: str, *arguments: Any) -> Any:
        buffers: list[Any] = []
        forms = [codec.encode(argument, buffers, self._reference) for argument in arguments]
        self._grader_error = None
        try:
            answer, returned = self._link.request([operation, *forms], buffers, self._on_callback)
            self._raise_own_error()
            value = self._open(answer, returned)
        except StudentError as error:
            self.transcript.append((operation, getattr(error, "type_name", type(error).__name__)))
            raise
        self.transcript.append((operation, value))
        return value

    def _open(self, answer: list[Any], buffers: list[bytearray]) -> Any:
        try:
            if answer[0] == "ok" and len(answer) == 2:
                return codec.decode(answer[1], buffers, self._resolve, writable=False)
            _, kind, type_name, line, lineno, _ = answer
            if not (type(type_name) is type(line) is str and type(lineno) is int):
                raise ValueError
        except (codec.ChannelError, ValueError) as error:
            raise StudentDied("the student's process sent an answer that is none") from error
        if kind == "not_written":
            raise NotWritten(type_name)
        raise StudentCrashed(type_name[:100], line[:300], lineno)

    def _raise_own_error(self) -> None:
        if self._grader_error is not None:
            error, self._grader_error = self._grader_error, None
            raise error

    def _reference(self, value: Any) -> list[Any]:
        if isinstance(value, Remote):
            return value._path
        if callable(value):
            self._functions.append(value)
            return ["f", len(self._functions) - 1]
        raise codec.NotPlain(f"cannot send a {type(value).__name__} to student code")

    def _resolve(self, form: list[Any]) -> Remote:
        if form[0] != "h" or len(form) != 3 or type(form[1]) is not int or type(form[2]) is not str:
            raise codec.ChannelError("a reference that is none")
        return Remote(self, ["H", form[1]], form[2][:100])

    def _on_callback(self, message: list[Any], buffers: list[bytearray]) -> tuple[Any, list[Any]]:
        """Run a grader-side function for the student's code. Its failure is kept for the check."""
        self._nested += 1
        try:
            if self._nested > MAX_NESTED:
                raise StudentDied(f"{MAX_NESTED} calls of the grader's functions inside one another")
            return self._call_back(message, buffers)
        except StudentError as error:
            # In process the student's code would swallow it on the way.
            self._grader_error = error
            raise
        finally:
            self._nested -= 1

    def _call_back(self, message: list[Any], buffers: list[bytearray]) -> tuple[Any, list[Any]]:
        self._callbacks += 1
        if self._callbacks > MAX_CALLBACKS:
            raise StudentTimedOut(f"more than {MAX_CALLBACKS} calls of one function")
        try:
            _, number, args_form, kwargs_form = message
            if type(number) is not int or not 0 <= number < len(self._functions):
                raise codec.ChannelError("no such function")
            args = codec.decode(args_form, buffers, self._resolve)
            kwargs = codec.decode(kwargs_form, buffers, self._resolve)
            if type(args) is not list or type(kwargs) is not dict or not all(type(k) is str for k in kwargs):
                raise codec.ChannelError("a call without arguments")
        except (codec.ChannelError, ValueError) as error:
            raise StudentDied("the student's process sent a call that is none") from error
        function, out = self._functions[number], []
        try:
            _require_arguments(function, args, kwargs)
            return ["ok", codec.encode(function(*args, **kwargs), out, self._reference)], out
        except StudentError:
            raise
        except ArgumentError as error:
            return ["error", str(error)], []
        except Exception as error:
            self._grader_error = error
            return ["error", "the grader's function failed"], []


class ArgumentError(Exception):
    """For grader-side functions to raise: the student's code passed arguments that cannot be used."""


def _require_arguments(function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> None:
    """Calling `function` with too few, too many or unknown arguments is the student's mistake, not ours."""
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise ArgumentError(str(error)) from error


class LocalLink:
    """An ObjectServer in this process, through the same codec: stock mode, references, misconceptions."""

    def __init__(self, namespace: dict[str, Any]):
        self._server = ObjectServer(namespace, self._call_back)
        self._on_callback: list[Callback] = []

    def request(self, message: list[Any], buffers: list[Any], on_callback: Callback) -> Answer:
        self._on_callback.append(on_callback)
        try:
            return _copied(*self._server.answer(*_copied(message, buffers)))
        finally:
            self._on_callback.pop()

    def forget(self) -> None:
        """Let go of objects at once: they stand in cycles, and the collector knows nothing of a tensor's size."""
        self._server.forget()

    def _call_back(self, message: list[Any], buffers: list[Any]) -> tuple[Any, list[bytearray]]:
        (status, form), returned = _copied(*self._on_callback[-1](*_copied(message, buffers)))
        if status != "ok":
            raise TypeError(form)
        return form, returned


def _copied(message: list[Any], buffers: list[Any]) -> Answer:
    stream = memoryview(b"".join(codec.pack(message, buffers)))
    position = 0

    def read(size: int) -> bytearray:
        nonlocal position
        position += size
        return bytearray(stream[position - size : position])

    return codec.unpack(read, codec.Limits())


def local_student(namespace: dict[str, Any]) -> Student:
    """A Student on a namespace of this process. There is no trust boundary and no time limit."""
    return Student(LocalLink(namespace))
