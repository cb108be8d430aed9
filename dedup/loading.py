"""Names whose modules are imported when they are first needed: many of them compile kernels."""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

_BLAS: Final = "scipy.linalg.cython_blas"
_forgoes_blas = False


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


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking through what is being loaded, which stays: a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def forgo_blas() -> None:
    """Have `load_numba` do without scipy from now on: for processes of our own, before their first kernel."""
    global _forgoes_blas  # noqa: PLW0603  (a property of the process)
    _forgoes_blas = True


def load_numba() -> None:
    """Load what numba has for arrays, of which each first kernel asks for all.

    A fifth of a second of that is scipy, for matrix products, and no kernel of ours has any. A kernel that does could
    not be compiled in this process afterwards, so that by default scipy is loaded, too.
    """
    if _forgoes_blas and _BLAS not in sys.modules:
        sys.modules[_BLAS] = None  # type: ignore[assignment]  # how Python marks a module that cannot be imported
        try:
            importlib.import_module("numba.np.arraymath")
        finally:
            del sys.modules[_BLAS]
