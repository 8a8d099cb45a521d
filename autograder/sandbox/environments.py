"""What a sandbox can import: the interpreter, its standard library, and an allow-list of packages.

Mounting site-packages as a whole would mount `autograder`, nbgrader and every `.pth` file with it.
"""

from __future__ import annotations

import functools
import re
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from ..errors import SandboxError

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Environment:
    """`packages` are distributions, mounted with all that they require; `warm` modules are imported at start.

    `library` are the files of student_lib that are mounted, None for all of them. `hash_seed` is PYTHONHASHSEED, which
    orders sets of strings.
    """

    name: str
    packages: tuple[str, ...]
    warm: tuple[str, ...]
    library: tuple[str, ...] | None = None
    hash_seed: int = 0

    def with_library(self, files: Iterable[str]) -> Environment:
        """The same with these files of student_lib alone, whose modules are imported at start."""
        files = tuple(files)
        modules = [name[:-3].replace("/", ".") for name in files if name.endswith(".py")]
        warm = [f"student_lib.{name}" for name in modules if name != "__init__"]
        return replace(self, library=files, warm=(*self.warm, *warm))


_BASE = (
    "numpy", "scipy", "matplotlib", "scikit-image", "ipywidgets", "tqdm", "pooch", "markdown-it-py", "fpdf2", "ipython",
    "msgpack",
)  # fmt: skip
_WARM = ("numpy", "matplotlib.pyplot", "ipywidgets", "tqdm.auto", "student_lib")

ENVIRONMENTS = {
    "numpy": Environment("numpy", _BASE, _WARM),
    # torch.optim imports torch._dynamo at first use, which takes a second.
    "torch": Environment(
        "torch",
        (*_BASE, "torch", "tensorboard"),
        (*_WARM, "torch", "torch._dynamo", "torch.utils.tensorboard"),
    ),
}


def environment(name: str) -> Environment:
    """The environment called `name`. Raises SandboxError with the names that exist."""
    if name not in ENVIRONMENTS:
        raise SandboxError(f"no environment is called {name!r}; there are {', '.join(ENVIRONMENTS)}")
    return ENVIRONMENTS[name]


@functools.cache
def package_paths(packages: tuple[str, ...]) -> dict[str, Path]:
    """Top-level names in site-packages of `packages` and of all that they require, with their places."""
    paths: dict[str, Path] = {}
    for distribution in _closure(packages):
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            if top not in paths and not top.endswith(".pth") and not Path(top).is_absolute():
                paths[top] = Path(distribution.locate_file(top)).resolve()
    return {name: path for name, path in sorted(paths.items()) if path.exists()}


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Installed versions of the whole closure: part of what determines a grade."""
    # Each look at `metadata` parses the whole file again.
    found = (item.metadata for item in _closure(packages))
    return {item["Name"].lower(): item["Version"] for item in found}


@functools.cache
def _closure(packages: tuple[str, ...]) -> tuple[metadata.Distribution, ...]:
    found: dict[str, metadata.Distribution] = {}
    todo = list(packages)
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if name in packages:
                raise SandboxError(
                    f"the environment needs the package {name!r}, which is not installed; "
                    "run `pip install -e '.[instructor,torch]' -c constraints.txt`"
                ) from None
            continue
        todo.extend(_requirements(found[name]))
    return tuple(found[name] for name in sorted(found))


def _requirements(distribution: metadata.Distribution) -> list[str]:
    from packaging.requirements import Requirement

    wanted = map(Requirement, distribution.requires or ())
    return [item.name for item in wanted if item.marker is None or item.marker.evaluate({"extra": ""})]


def interpreter_paths() -> list[Path]:
    """The interpreter, its standard library and shared library, outside of /usr/bin and /usr/lib."""
    base = Path(sys.base_prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    paths = [Path(sys._base_executable).resolve(), Path(sysconfig.get_path("stdlib"))]
    paths += sorted((base / "lib").glob(f"lib{version}*.so*"))
    return [path for path in dict.fromkeys(paths) if path.exists()]


def masked_paths() -> list[Path]:
    """Package folders that lie below what is mounted, and must look empty."""
    places = [Path(sysconfig.get_path("stdlib")) / name for name in ("site-packages", "dist-packages")]
    places += [
        *Path("/usr/lib").glob("python3*/dist-packages"),
        *Path("/usr/lib").glob("python3*/site-packages"),
    ]
    return [place for place in dict.fromkeys(places) if place.is_dir()]
