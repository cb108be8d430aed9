"""Machine code of kernels, kept from one process to the next.

numba has a cache of its own. To load from it takes most of a second for all our kernels, for what only a process that
compiles needs: everything that numba knows of arrays, and the parsed bitcode of each kernel, for others to inline.
Here both wait until something is compiled. What is kept is what numba itself would keep.
"""

# ruff: noqa: SLF001  (numba has no public way to exchange its cache; the names are the same from 0.61 to 0.68)

from __future__ import annotations

import contextlib
import hashlib
import pickle
import tempfile
from pathlib import Path
from typing import Any, Final

import filelock
import xxhash
from llvmlite import binding as llvm
from numba.core import compiler, environment, serialize
from numba.core.codegen import JITCodeLibrary
from numba.core.runtime.nrt import rtsys

_DIGEST: Final = 16  # bytes before the content


class KernelCache:
    """The kept machine code of one function: what a numba dispatcher asks of its cache.

    Args:
        folder: where the files are, one for each signature; its name stands for the version of all sources.
        function: as written in Python.
    """

    def __init__(self, folder: Path, function: Any) -> None:
        self._folder = folder
        self._function = function

    def lock(self, signature: object, target: Any) -> contextlib.AbstractContextManager[object]:
        """What one process holds while it compiles, and nobody who will only load."""
        if self._file(signature, target).exists():
            return contextlib.nullcontext()
        return filelock.FileLock(self._folder / "lock")

    def load_overload(self, signature: object, target: Any) -> Any:
        """The compiled function for a signature; None where none is kept, or not whole."""
        try:
            content = self._file(signature, target).read_bytes()
        except FileNotFoundError:
            return None
        if xxhash.xxh3_128_digest(memoryview(content)[_DIGEST:]) != content[:_DIGEST]:
            return None
        return _rebuilt(target, *pickle.loads(memoryview(content)[_DIGEST:]))  # noqa: S301  (our private folder)

    def save_overload(self, signature: object, compiled: Any) -> None:
        """Keep a compiled function, unless there is no room for it."""
        content = serialize.dumps(_reduced(compiled))
        digest = xxhash.xxh3_128_digest(content)
        with contextlib.suppress(OSError):
            _replace(self._file(signature, compiled.target_context), digest + content)

    def _file(self, signature: object, target: Any) -> Path:
        name = self._function.__name__
        made_for = (self._function.__module__, name, signature, target.codegen().magic_tuple())
        return self._folder / f"{name}-{hashlib.sha256(repr(made_for).encode()).hexdigest()[:24]}.kernel"


class _KeptLibrary(JITCodeLibrary):
    """A library whose bitcode is parsed when a kernel that is compiled here asks to inline it."""

    def __init__(self, codegen: Any, name: str, machine_code: bytes, bitcode: bytes) -> None:
        super().__init__(codegen, name)
        self._bitcode = bitcode
        self.enable_object_caching()
        self._set_compiled_object(machine_code)
        self._finalize_final_module()

    def get_pointer_to_function(self, name: str) -> int:
        return int(self._codegen._engine.get_function_address(name))

    def _get_module_for_linking(self) -> Any:
        if self._shared_module is None:
            self._shared_module = llvm.parse_bitcode(self._bitcode)
            self._codegen._engine._load_defined_symbols(self._shared_module)
        return self._shared_module


def _reduced(compiled: Any) -> tuple[Any, ...]:
    library, described, own, signature, *_, environments = compiled._reduce()
    names = [(each.globals["__name__"], each.env_name, each.consts) for each in (own, *environments)]
    return library, described, signature, names


def _rebuilt(target: Any, library: Any, described: Any, signature: Any, environments: Any) -> Any:
    name, _, contents = library
    rtsys.initialize(target)
    kept = _KeptLibrary(target.codegen(), name, *contents)
    own, *others = [_environment(*each) for each in environments]
    entry_point = target.get_executable(kept, described, own)
    for each in others:
        target.codegen().set_env(each.env_name, each)
    return compiler.compile_result(
        target_context=target,
        typing_context=target.typing_context,
        library=kept,
        environment=own,
        entry_point=entry_point,
        fndesc=described,
        signature=signature,
        objectmode=False,
        lifted=(),
        reload_init=(),
        referenced_envs=others,
    )


def _environment(module: str, name: str, constants: list[Any]) -> Any:
    """What a kernel has of Python at run time. Its module is not imported: only object mode looks into that."""
    found = environment.lookup_environment(name)
    if found is None:
        found = environment.Environment({"__name__": module})
        found.consts[:] = constants
        found.env_name = name
        environment.Environment._memo[name] = found
    return found


def _replace(path: Path, content: bytes) -> None:
    """Write a file of which no other process sees a part."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123  (a descriptor)
            file.write(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise
