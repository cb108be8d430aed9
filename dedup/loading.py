"""Names whose modules are imported when they are first needed: many of them compile kernels."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

_BLAS: Final = "scipy.linalg.cython_blas"


def on_demand(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a package that loads some of its names on first use; type checkers read real imports.

    Args:
        package: its name.
        homes: the module of each such name.
    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = named(f"{homes[name]}:{name}")
        setattr(sys.modules[package], name, value)  # from now on it is found without a question
        return value

    return load


def named(entry: str) -> Any:
    """What `module:name` stands for.

    Raises:
        ImportError: there is no such module, or what it needs is missing.
        AttributeError: the module has no such name.
    """
    module, _, name = entry.partition(":")
    return getattr(importlib.import_module(module), name)


@contextmanager
def without_blas() -> Iterator[None]:
    """Load kernels without scipy, a fifth of a second that numba spends on matrix products; none of ours has any.

    Kernels that do could not be compiled in this process afterwards, so this is for processes of our own.
    """
    if _BLAS in sys.modules:
        yield
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment]  # how Python marks a module that cannot be imported
    try:
        yield
    finally:
        del sys.modules[_BLAS]
