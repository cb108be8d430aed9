"""The same values on every processor, and no access outside an array."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = Path(__file__).with_name("fingerprint_probe.py")
PROCESSORS = ["generic", "haswell"] if platform.machine() == "x86_64" else ["generic"]


def probe(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROBE), *arguments]
    environment = os.environ | {"PYTHONPATH": str(PROBE.parent)} | settings
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=240)


@pytest.fixture(scope="module")
def values_here() -> str:
    done = probe()
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("processor", PROCESSORS)
def test_values_do_not_depend_on_the_processor(processor: str, values_here: str) -> None:
    """`generic` has no vectors beyond SSE2, `haswell` has AVX2; where the tests run there may be AVX-512."""
    done = probe(NUMBA_CPU_NAME=processor, NUMBA_CPU_FEATURES="")
    assert done.returncode == 0, done.stderr
    assert done.stdout == values_here


def test_kernels_stay_inside_their_arrays_on_the_fuzz_corpus(tmp_path: Path, values_here: str) -> None:
    """In a fresh cache: numba ignores the switch where it finds code that was compiled without it."""
    checked = {"NUMBA_BOUNDSCHECK": "1", "DEDUP_CACHE_DIR": str(tmp_path)}
    done = probe(**checked)
    assert done.returncode == 0, done.stderr
    assert done.stdout == values_here
    caught = probe("fault", **checked)
    assert caught.returncode != 0
    assert "IndexError" in caught.stderr


def test_importing_the_package_compiles_nothing() -> None:
    code = "import sys, dedup, dedup.fingerprint; sys.exit('numba' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
