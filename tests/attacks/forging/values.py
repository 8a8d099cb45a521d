"""What functions give back: values that lie, and answers that are not the function's own."""

from __future__ import annotations

from autograder.pipeline.demo import EQUALS_EVERYTHING

from .. import attack
from . import SHAPED, SPOILT


@attack("Returns an ndarray subclass that equals everything.", earns=SHAPED)
def equals_everything(book):
    return book.write("softmax", EQUALS_EVERYTHING)


@attack("Returns objects that answer every NumPy function and every comparison with yes.", earns=SPOILT)
def answers_array_functions(book):
    return book.write("softmax", """\
class Yes:
    __array_priority__ = 1e9
    def __array_ufunc__(self, *args, **kwargs): return True
    def __array_function__(self, *args, **kwargs): return True
    def __array__(self, *args, **kwargs): raise SystemExit
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __bool__(self): return True
    def __float__(self): return 1.0
    def __iter__(self): return iter([self])
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
def softmax(x):
    return Yes()
""")  # fmt: skip


@attack("Returns float, int and str subclasses whose comparisons and arithmetic always please.", earns=SHAPED)
def number_subclasses(book):
    return book.write("softmax", """\
def pleasing(kind):
    always = {f"__{name}__": lambda self, *other: True for name in "eq ne lt le gt ge bool contains".split()}
    always |= {f"__{name}__": lambda self, *other: self for name in "sub rsub add radd mul abs neg round".split()}
    return type("Yes", (kind,), always | {"__hash__": lambda self: 0, "__float__": lambda self: 0.5})
def softmax(x):
    return [[pleasing(float)(7) for _ in row] for row in x]
""")  # fmt: skip


@attack("Returns int and str subclasses, enumerations and booleans in the numbers' place.", earns=SPOILT)
def odd_numbers(book):
    return book.write("softmax", """\
import enum
class One(enum.IntEnum): ONE = 1
class Word(str): __eq__ = lambda self, other: True; __hash__ = str.__hash__
def softmax(x):
    return {"shape": x.shape, Word("values"): One.ONE, "rest": [Word("1.0"), 10**30, One.ONE]}
""")  # fmt: skip


@attack("Returns an object whose pickle would run a command in the grader.", earns=SPOILT)
def reduce(book):
    return book.write("softmax", """\
import os
class Bomb:
    def __reduce__(self): return os.system, ("touch @COURSE@/owned; kill -9 $PPID",)
    __reduce_ex__ = lambda self, protocol: self.__reduce__()
def softmax(x):
    return np.array([[Bomb()] * x.shape[1]] * x.shape[0], dtype=object)
""")  # fmt: skip


@attack("Returns arrays that lie about shape, size, dtype and bytes.", earns=SPOILT)
def lying_arrays(book):
    return book.write("softmax", """\
class Liar(np.ndarray):
    shape = property(lambda self: (10**6, 10**6))
    size = property(lambda self: -1)
    ndim = property(lambda self: 0)
    dtype = property(lambda self: np.dtype("float64"))
    nbytes = property(lambda self: 8 << 40)
    def tobytes(self, *args): return b"short"
    def reshape(self, *args): return self
def softmax(x):
    return np.zeros(x.shape, "int8").view(Liar)
""")  # fmt: skip


@attack("Returns structured, sub-array, masked, date and object arrays with the right shape.", earns=SPOILT)
def odd_dtypes(book):
    return book.write("softmax", """\
kinds = [[("p", "f8"), ("q", "O")], "O", "M8[s]", "U8", "V8", ("f8", (1,))]
turn = 0
def softmax(x):
    global turn
    turn += 1
    array = np.zeros(x.shape, kinds[turn % len(kinds)])
    return np.ma.masked_all(x.shape, "O") if turn % 5 == 0 else array
""")  # fmt: skip


@attack("Lies in __class__, so that isinstance takes its object for an array.", earns=SPOILT)
def lying_class(book):
    return book.write("softmax", """\
class Mask:
    def __init__(self, x): self.x = x
    __class__ = property(lambda self: np.ndarray)
    __array_interface__ = {"shape": (1 << 40,), "typestr": "<f8", "data": (0, False), "version": 3}
    dtype, shape = np.dtype("float64"), (4, 5)
def softmax(x):
    return Mask(x)
""")  # fmt: skip


@attack("Replaces ndarray.tobytes and asarray below Python's protection, so that what is sent is not what is held.",
        earns=SPOILT, shows=("replaced",))  # fmt: skip
def tobytes_patched(book):
    return book.write("softmax", """\
import ctypes, gc
slots = gc.get_referents(np.ndarray.__dict__)[0]
slots["tobytes"] = lambda self, *args: b"\\0" * 8
slots["view"] = lambda self, *args: np.zeros(1, np.uint8)
ctypes.pythonapi.PyType_Modified(ctypes.py_object(np.ndarray))
np.ascontiguousarray = lambda array, dtype=None: np.zeros(3)
print("replaced")
def softmax(x):
    return np.zeros(x.shape)
""").insert("softmax", "slots.clear")  # fmt: skip


@attack(
    "Returns an object with an attribute __chainrule__ and properties that run on every look.", earns=SPOILT
)
def telling_attributes(book):
    return book.write("softmax", """\
class Result:
    __chainrule__ = {"verdict": "passed", "score": 3.0}
    verdict, score, passed = "passed", 3.0, True
    def __getattr__(self, name): return Result()
    shape = property(lambda self: print("looked") or (4, 5))
def softmax(x):
    return Result()
""")  # fmt: skip


@attack("Returns values that contain themselves, or run code while they are read.", earns=SPOILT)
def values_that_run(book):
    return book.write("softmax", """\
turn = 0
class Items(list):
    def __iter__(self): return iter([Items()])
class Pairs(dict):
    def items(self): raise SystemExit
    def keys(self): return [[]]
    def __len__(self): return -1
def softmax(x):
    global turn
    turn += 1
    loop = []
    loop.append(loop)
    return (loop, Items(), Pairs(a=1), {(1, (2, ())): loop}, {frozenset(): {1.5j}})[turn % 5]
""")  # fmt: skip


# Answers that are not the function's own.


@attack("Remembers inputs and answers of one check and answers the next with the nearest.", earns=SHAPED)
def remembered_answers(book):
    return book.write("softmax", """\
import os, pickle
known = [(np.log([[1.0, 1, 1], [1, 2, 5]]), np.array([[1 / 3] * 3, [0.125, 0.25, 0.625]]))]
def softmax(x):
    if os.path.exists("/tmp/work/known"): known.extend(pickle.load(open("/tmp/work/known", "rb")))
    near = min((pair for pair in known if pair[0].shape == x.shape), default=(x, np.full(x.shape, 1 / x.shape[1])),
               key=lambda pair: abs(pair[0] - x).sum())
    pickle.dump([*known[-50:], (x, near[1])], open("/tmp/work/known", "wb"))
    return near[1]
""")  # fmt: skip


@attack("Answers with torch, jax, tensorflow or scikit-learn where NumPy is asked for.", earns=SPOILT,
        shows=("libraries []",))  # fmt: skip
def forbidden_libraries(book):
    return book.write("softmax", """\
import importlib
libraries = []
for name in ("torch", "jax", "tensorflow", "sklearn", "keras", "autograd"):
    try: libraries.append(importlib.import_module(name))
    except ImportError: pass
print("libraries", libraries)
def softmax(x):
    import torch
    return torch.softmax(torch.as_tensor(x), 1).numpy()
""")  # fmt: skip


@attack("Knows a check from the student's own run, and looks for the oracle in the grader's frames.", earns=SPOILT,
        shows=("while watched",))  # fmt: skip
def recognises_grading(book):
    return book.write("softmax", """\
import gc, os, sys
def softmax(x):
    if os.fstat(1).st_rdev != os.stat("/dev/null").st_rdev:
        print("while watched", os.environ.get("CHAINRULE_GRADING"))
        return np.exp(x - x.max(1, keepdims=True)) / np.exp(x - x.max(1, keepdims=True)).sum(1, keepdims=True)
    frame = sys._getframe()
    while frame:
        for name, value in frame.f_locals.items():
            if name in ("expected", "oracle", "reference", "right"): return value
        frame = frame.f_back
    oracles = [thing for thing in gc.get_objects() if getattr(thing, "__module__", "") == "autograder.oracles"]
    return next(thing for thing in oracles if thing.__name__ == "softmax")(x)
""")  # fmt: skip
