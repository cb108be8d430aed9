"""The rules that the build server relies on: no skip for a missing part, no test of the source tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
Session = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A pytest run of a test file under our conftest, in two processes as the build server does it."""

    def run(test: str, *flags: str) -> subprocess.CompletedProcess[str]:
        tests = tmp_path / "tests"
        tests.mkdir()
        shutil.copy(CONFTEST, tests)
        (tests / "test_it.py").write_text(f"import pytest\n{test}\n", encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", *flags, "tests"],
            check=False,
            capture_output=True,
            cwd=tmp_path,
            env={**_unsafe(os.environ), "DEDUP_DATA": str(tmp_path / "absent")},
            text=True,
        )

    return run


def _unsafe(environment: Mapping[str, str]) -> dict[str, str]:
    """Without the switch that `make test` sets: a source tree in the working directory is found."""
    return {name: value for name, value in environment.items() if name != "PYTHONSAFEPATH"}


def test_a_test_skipped_for_a_missing_part_fails_the_build(session: Session) -> None:
    done = session("def test_it(): pytest.skip('no server here')", "--no-missing-parts")
    assert done.returncode == 1
    assert "skipped for a missing part" in done.stdout
    assert "no server here" in done.stdout


def test_a_module_skipped_for_a_missing_part_fails_the_build(session: Session) -> None:
    done = session("pytest.importorskip('no_such_module')", "--no-missing-parts")
    assert done.returncode == 1
    assert "could not import 'no_such_module'" in done.stdout


def test_the_absent_data_folder_is_the_one_excuse(session: Session) -> None:
    done = session("def test_it(data): pass\ndef test_more(): pass", "--no-missing-parts")
    assert done.returncode == 0
    assert "1 skipped" in done.stdout


def test_elsewhere_a_skip_is_a_skip(session: Session) -> None:
    assert session("def test_it(): pytest.skip('no server here')\ndef test_more(): pass").returncode == 0


def test_the_source_tree_is_refused_where_the_installed_package_is_asked_for(
    session: Session, tmp_path: Path
) -> None:
    for package in ("dedup", "service"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    done = session("def test_it(): pass", "--installed")
    assert done.returncode == 4
    assert "dedup is not the installed one" in done.stderr
