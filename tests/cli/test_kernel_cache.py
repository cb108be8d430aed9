"""What one process compiled, others load: the same function, without compiling."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CALLEE = """
from dedup.jit import kernel

@kernel("int64(int64)")
def tripled(number):
    if number < 0:
        raise ValueError("a number below zero")
    return number * 3
"""
CALLER = """
import numpy as np
from dedup.jit import kernel
from callee import tripled

@kernel("int64[::1](int64[::1])")
def sums(numbers):
    found = np.zeros(2, dtype=np.int64)
    for number in numbers:
        found[0] += tripled(number)
        found[1] += number
    return found
"""
SHOWN = """
from numba.core import event

class Names(event.Listener):
    def on_start(self, event):
        function = event.data["dispatcher"].py_func
        if function.__module__ in ("callee", "caller"):  # numba compiles helpers of its own
            print("compiles", function.__name__)
    def on_end(self, event): ...

event.register("numba:compile", Names())
import numpy as np
from callee import tripled
print(tripled(4))
"""
CALLED = """
from caller import sums
print(*sums(np.arange(5)))
try:
    sums(np.arange(-1, 5))
except ValueError as error:
    print(error)
try:
    sums(np.arange(10)[::2])
except TypeError:
    print("refused")
"""
RIGHT = ["12", "30 10", "a number below zero", "refused"]

Show = Callable[[str], list[str]]


@pytest.fixture
def own(tmp_path: Path, environment: dict[str, str]) -> dict[str, str]:
    """The environment of processes that find `callee` and `caller`, and have a folder of their own for kernels."""
    (tmp_path / "callee.py").write_text(CALLEE)
    (tmp_path / "caller.py").write_text(CALLER)
    found = os.pathsep.join((environment["PYTHONPATH"], str(tmp_path)))
    return environment | {"PYTHONPATH": found, "DEDUP_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def show(own: dict[str, str]) -> Show:
    """What such a process prints."""

    def shown(script: str) -> list[str]:
        return subprocess.check_output([sys.executable, "-c", script], env=own, text=True).splitlines()

    return shown


def test_a_kernel_is_compiled_once_and_does_the_same_when_it_is_loaded(show: Show) -> None:
    assert show(SHOWN + CALLED) == ["compiles tripled", "12", "compiles sums", *RIGHT[1:]]
    assert show(SHOWN + CALLED) == RIGHT


def test_a_kernel_that_was_loaded_is_inlined_by_one_that_is_compiled(show: Show) -> None:
    """Its bitcode is not parsed before that: without it, the process ends in the linker."""
    show(SHOWN)
    assert show(SHOWN + CALLED) == ["12", "compiles sums", *RIGHT[1:]]


@pytest.mark.parametrize("length", [0, 10, 4000])
def test_a_kernel_whose_file_is_cut_off_is_compiled_again(show: Show, tmp_path: Path, length: int) -> None:
    show(SHOWN)
    [file] = (tmp_path / "cache").rglob("tripled-*.kernel")
    file.write_bytes(file.read_bytes()[:length])
    assert show(SHOWN) == ["compiles tripled", "12"]
    assert show(SHOWN) == ["12"]


def test_of_processes_that_start_at_once_one_compiles(own: dict[str, str]) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", SHOWN], env=own, text=True, stdout=subprocess.PIPE) for _ in range(4)
    ]
    printed = sorted(process.communicate()[0].split("\n")[:-1] for process in started)
    assert printed == [["12"], ["12"], ["12"], ["compiles tripled", "12"]]


def test_who_has_numba_compile_nothing_is_told_what_stands_in_the_way(environment: dict[str, str]) -> None:
    script = "import dedup; dedup.clean('<p>One line.')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "OptionError: NUMBA_DISABLE_JIT: expected 0" in done.stderr
