"""Starting must be cheap: no kernel is compiled and no server loaded to print a help text."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import dedup
from dedup.cli import main

COMMAND = [sys.executable, "-m", "dedup"]
Run = Callable[..., subprocess.CompletedProcess[str]]

HEAVY = ["aiohttp", "asyncio", "datasketch", "llvmlite", "numba", "numpy", "rich", "selectolax", "service"]


@pytest.mark.parametrize(
    "statement",
    ["import dedup", "import dedup.cli", "import dedup; dedup.CleanOptions(); dedup.PageInput(html='')"],
)
def test_imports_bring_nothing_heavy(statement: str, environment: dict[str, str]) -> None:
    report = f"{statement}\nimport sys\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    loaded = subprocess.check_output([sys.executable, "-c", report], env=environment, text=True)
    assert loaded.split() == []


@pytest.mark.parametrize("arguments", [["--help"], ["clean", "--help"], ["serve", "--help"], ["--version"]])
def test_help_brings_nothing_heavy(arguments: list[str], environment: dict[str, str]) -> None:
    report = (
        f"import atexit, sys\nsys.argv[1:] = {arguments}\n"
        f"atexit.register(lambda: print('loaded:', *(name for name in {HEAVY} if name in sys.modules)))\n"
        "from dedup.cli import main\nmain()"
    )
    shown = subprocess.check_output([sys.executable, "-c", report], env=environment, text=True)
    assert shown.splitlines()[-1].strip() == "loaded:"


def test_a_page_is_cleaned_without_the_slow_parts_of_scipy(news: Path, environment: dict[str, str]) -> None:
    """It would take a tenth of the time of the whole command."""
    report = (
        f"import atexit, sys\nsys.argv[1:] = ['clean', {str(news)!r}]\n"
        "atexit.register(lambda: print('loaded:', *(name for name in ['numba', 'scipy.linalg'] if name in sys.modules)))\n"
        "from dedup.cli import main\nmain()"
    )
    shown = subprocess.check_output([sys.executable, "-c", report], env=environment, text=True)
    assert shown.splitlines()[-1] == "loaded: numba"


def test_a_worker_that_takes_texts_as_they_are_loads_no_kernels(environment: dict[str, str]) -> None:
    """Near-duplicates of a hundred thousand texts would take half as long again."""
    report = "import sys, dedup.archive.stages.take, dedup.archive.stages.write; print('numba' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", report], env=environment, text=True) == "False\n"


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version").stdout == f"dedup {dedup.__version__}\n"


def test_the_command_that_an_installation_brings_is_this_one() -> None:
    commands = [script for script in entry_points(group="console_scripts") if script.name == "dedup"]
    assert {script.load() for script in commands} <= {main}


def test_every_command_explains_itself(run: Run) -> None:
    shown = run("--help").stdout
    for name in ("archive", "bench", "clean", "key", "serve", "sites", "state", "warm"):
        assert f"\n  {name} " in shown


def test_benchmarks_run_from_a_checkout_and_are_missed_in_words_elsewhere(
    run: Run, environment: dict[str, str]
) -> None:
    done = run("bench", "cleaning")
    assert (done.returncode, done.stdout) == (1, "")
    assert "holds no benchmarks" in done.stderr
    root = Path(__file__).resolve().parents[2]
    shown = subprocess.check_output([*COMMAND, "bench", "index", "--help"], cwd=root, env=environment, text=True)
    assert shown.startswith("Usage: python -m benchmarks index")


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_a_wrong_command_line_fails_where_nobody_hears_of_it(stderr: str, environment: dict[str, str]) -> None:
    """Its usage was written to stdout, for whatever reads that as pages."""
    command = ["sh", "-c", f'exec "$@" {stderr}', "sh", sys.executable, "-m", "dedup", "clean", "--wrong"]
    done = subprocess.run(command, check=False, capture_output=True, env=environment, timeout=60)
    assert (done.returncode, done.stdout) == (2, b"")
