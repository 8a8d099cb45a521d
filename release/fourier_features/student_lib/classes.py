"""A class over several cells: each method is an exercise of its own."""

__all__ = ["add_to"]


def add_to(cls):
    """Return a decorator that makes a function a method of the class `cls`, and returns the function.

    Objects that exist already get the method too. A stub that only raises NotImplementedError does not replace
    a method written in `cls` itself, so that you may also write the whole class in one cell. Raises
    TypeError when `cls` is not a class, or what it decorates has no name. The idea is d2l's `add_to_class`.

    >>> class Counter: total = 0
    >>> @add_to(Counter)
    ... def count(self): self.total += 1
    >>> Counter().count()
    """
    if not isinstance(cls, type):
        raise TypeError(f"add_to({cls!r}): expected a class, as in @add_to(NeuralNetwork)")

    def add(function):
        name = getattr(function, "__name__", None)
        if name is None:
            raise TypeError(f"@add_to({cls.__name__}) belongs on the line above a def, not on {function!r}")
        if not (_is_stub(function) and name in vars(cls)):
            setattr(cls, name, function)
        return function

    return add


def _is_stub(function):
    """Whether a function can do nothing but raise NotImplementedError."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_names == ("NotImplementedError",)
