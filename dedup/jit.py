"""How kernels are compiled and where the machine code is kept.

Every kernel of the package goes through `kernel`, so that one place decides three things numba leaves open:

* The cache folder is keyed by the package's path and a hash of every file that defines a kernel, or constants of one:
  a kernel inlines helpers and numbers of other files than its own.
* A kernel is compiled under a lock between processes: of many that start at once, one compiles and the others
  load what it wrote.
* Where the home folder is read-only, the cache goes to a private folder under the temporary directory; where
  nothing at all can be written, kernels are compiled in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs
from numba.core import config as _numba_config
from numba.core import typeinfer

from dedup.errors import OptionError
from dedup.kernel_cache import KernelCache

F = TypeVar("F", bound=Callable[..., Any])

config: Any = _numba_config  # its settings are made at run time, so no type checker sees them

_PACKAGE = Path(__file__).parent
_MARK = b"from dedup.jit import kernel"
# What kernels take numbers from, which are compiled into them; and what says how they are kept.
_CONSTANTS = frozenset(
    _PACKAGE / name
    for name in (
        *("fingerprint/words.py", "judge/columns.py", "segment/tags.py", "segment/telltales.py"),
        "kernel_cache.py",
    )
)


def kernel(*signatures: str, inline: bool = False, allocates: bool = True) -> Callable[[F], F]:
    """Compile a function to machine code that runs without the GIL.

    Args:
        signatures: numba signatures, compiled at once. None: compiled for the types of each caller, which is
            meant for helpers that only other kernels call.
        inline: always inline the function at its call sites (helpers in an inner loop).
        allocates: False where it makes no array. Calls then count no references, which costs two atomic operations
            an array argument: more than a kernel for one short text takes.

    Raises:
        OptionError: numba is told to compile nothing.
    """
    if config.DISABLE_JIT:
        raise OptionError("NUMBA_DISABLE_JIT", config.DISABLE_JIT, "0, for kernels are no Python")

    def compile_(function: F) -> F:
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
        if inline:
            options |= {"forceinline": True}
        if not allocates:
            options |= {"_nrt": False}
        compiled = numba.njit(**options)(function)
        kept = KernelCache(folder, function) if (folder := cache_folder()) else None
        if kept:
            compiled._cache = kept  # noqa: SLF001  (as numba's own `enable_caching` does)
        with typeinfer.register_dispatcher(compiled):
            for signature in signatures:
                with kept.lock(signature, compiled.targetctx) if kept else contextlib.nullcontext():
                    compiled.compile(signature)
        if signatures:
            compiled.disable_compile()
        return cast("F", compiled)

    return compile_


@cache
def cache_folder() -> Path | None:
    """The folder that holds this version's machine code; None where none can be written."""
    name = f"kernels-{_sources_digest()}"
    if config.BOUNDSCHECK:
        name += "-boundscheck"  # numba ignores the switch when it finds code that was compiled without it
    for base in _candidates():
        folder = base / name
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if _is_private(folder) and os.access(folder, os.W_OK | os.X_OK):
                return folder
    return None


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("DEDUP_CACHE_DIR"):
        yield Path(chosen)
    yield Path(platformdirs.user_cache_dir("dedup"))
    temporary = Path(tempfile.gettempdir()) / f"dedup-{os.getuid()}"
    # Whoever owns it may exchange what is in it, so it is not taken from others.
    with contextlib.suppress(OSError):
        temporary.mkdir(exist_ok=True, mode=0o700)
        if _is_private(temporary):
            yield temporary


def _is_private(folder: Path) -> bool:
    """Machine code is loaded from here, so nobody else may be able to put some there."""
    status = folder.lstat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _sources_digest() -> str:
    made_by = (numba.__version__, sys.implementation.cache_tag, _PACKAGE)
    digest = hashlib.sha256(" ".join(map(str, made_by)).encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        source = path.read_bytes()
        if _MARK in source or path in _CONSTANTS:
            digest.update(source)
    return digest.hexdigest()[:16]
