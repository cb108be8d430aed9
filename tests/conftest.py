"""What every test folder shares, and the conventions.

* A test that needs the optional data folder takes the fixture `data`; where the folder is absent it skips with a
  reason that begins with `data:`. No other skip is allowed on the build server (`--no-missing-parts`).
* A test that draws at random takes the fixture `rng`: its seed is the test's own id, so that neither the order of
  the tests nor the process they run in changes what is drawn.
* Bytes are no part of a test's id: gzip writes the time into what it compresses, and processes that collect in
  different seconds then name different tests.
* Hypothesis has no deadline (the first call of a kernel may compile it) and prints how to repeat a failure.
"""

from __future__ import annotations

import importlib.util
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # benchmarks are no part of the wheel: they are found behind everything that is installed

hypothesis.settings.register_profile("dedup", deadline=None, print_blob=True)
hypothesis.settings.load_profile("dedup")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real pages: `DEDUP_DATA`, or `../shared/data` beside the checkout."""
    folder = Path(os.environ.get("DEDUP_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"data: no folder {folder} (set DEDUP_DATA)")
    return folder


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers that depend on nothing but the test's id."""
    return random.Random(request.node.nodeid)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their argument, numbered by pytest where it takes several."""
    return argname if isinstance(val, bytes) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dedup")
    group.addoption("--installed", action="store_true", help="refuse to test the source tree")
    group.addoption("--no-missing-parts", action="store_true", help="fail if a test was skipped, but for data")


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--installed"):
        return
    for package in ("dedup", "service"):
        spec = importlib.util.find_spec(package)
        found = Path(spec.origin).parent if spec and spec.origin else None
        if found is None or found == ROOT / package:
            raise pytest.UsageError(f"{package} is not the installed one: found {found}")


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-missing-parts") and reporter is not None:
        missing = [reason for reason in _skip_reasons(reporter) if not reason.startswith("data:")]
        if missing:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            reporter.ensure_newline()
            reporter.section("skipped for a missing part", sep="=", red=True)
            for reason in sorted(set(missing)):
                reporter.line(reason)
    return (yield)


def _skip_reasons(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for report in reporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple):
            yield report.longrepr[2].removeprefix("Skipped: ")
        else:
            yield str(report.longrepr)
