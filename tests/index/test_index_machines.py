"""No access of the index outside an array, and the same answers in every process and on every processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROBE = Path(__file__).with_name("index_probe.py")


def probe(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROBE), *arguments]
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)


def test_kernels_stay_inside_their_arrays_and_answer_the_same_without_vectors(tmp_path: Path) -> None:
    """In fresh caches: numba ignores the switches where it finds code that was compiled without them."""
    here = probe()
    assert here.returncode == 0, here.stderr
    checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    checked["DEDUP_CACHE_DIR"] = str(tmp_path)
    there = probe(**checked)
    assert there.returncode == 0, there.stderr
    assert there.stdout == here.stdout
    caught = probe("fault", **checked)
    assert caught.returncode != 0
    assert "IndexError" in caught.stderr
