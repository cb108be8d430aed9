"""`dedup warm`: compile every kernel now, so that no later start has to."""

from __future__ import annotations

import importlib
import pkgutil
import time

import click

import dedup
from dedup.cli.terminal import complain, write


@click.command("warm")
def command() -> None:
    """Compile all kernels of this installation into a cache folder.

    The first use would do so too, and take as long. Set DEDUP_CACHE_DIR to choose the folder.
    """
    from dedup.jit import cache_folder  # noqa: PLC0415  (imports numba)

    started = time.perf_counter()
    for name in kernel_modules():
        importlib.import_module(name)
    seconds = time.perf_counter() - started
    if folder := cache_folder():
        write(f"kernels ready in {seconds:.1f} s: {click.format_filename(str(folder))}\n")
    else:
        write(
            f"kernels compiled in {seconds:.1f} s, but no folder can be written: every start will compile them again "
            "(set DEDUP_CACHE_DIR to a folder of your own)\n"
        )


def kernel_modules() -> list[str]:
    """Names of the modules that define kernels: those with `kernels` in their last name."""
    modules = pkgutil.walk_packages(dedup.__path__, prefix="dedup.")
    return sorted(module.name for module in modules if "kernels" in module.name.rpartition(".")[2])


def say_that_kernels_compile() -> None:
    """Tell whoever waits, or reads a log, why nothing happens for a minute or two, where that is to come."""
    if not kernels_are_compiled():
        complain("compiling kernels, which takes a minute or two, once for this installation (see `dedup warm`)")


def kernels_are_compiled() -> bool:
    """Whether the cache holds kernels of this installation; False too where they cannot be kept."""
    from dedup.jit import cache_folder  # noqa: PLC0415  (imports numba)

    folder = cache_folder()
    return folder is not None and any(folder.rglob("*.nbi"))
