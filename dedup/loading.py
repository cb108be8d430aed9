"""Names whose modules are imported when they are first needed: many of them compile kernels."""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any


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
