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
    """Tell whoever waits, or reads a log, why nothing happens for a minute or two, where that is to come.

    At once where no kernel is kept; else, since those may be of another command alone, as soon as one is compiled.
    """
    from numba.core import event  # noqa: PLC0415  (imports numba)

    from dedup.jit import cache_folder  # noqa: PLC0415  (the same)

    class _Teller(event.Listener):
        told = False

        def on_start(self, event: object) -> None:  # noqa: ARG002  (as numba calls it)
            self.tell()

        def on_end(self, event: object) -> None: ...

        def tell(self) -> None:
            if not self.told:
                complain(
                    "compiling kernels, which takes up to two minutes, once for this installation (`dedup warm`)"
                )
            self.told = True

    teller, folder = _Teller(), cache_folder()
    if folder is None or not any(folder.glob("*.kernel")):
        teller.tell()
    event.register("numba:compile", teller)  # type: ignore[no-untyped-call]
