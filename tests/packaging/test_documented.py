"""What a user can call or type is documented, and what is documented is true."""

from __future__ import annotations

import os
import random
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

import dedup
import dedup.errors
import service.errors
from benchmarks.__main__ import main as benchmarks
from dedup.cli import commands

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CLI = (ROOT / "docs" / "cli.md").read_text("utf-8")
STATE = (ROOT / "docs" / "state.md").read_text("utf-8")
LIBRARY = (ROOT / "docs" / "library.md").read_text("utf-8")


def _flags() -> Iterator[tuple[str, str]]:
    for name, command in commands.commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                for flag in (*parameter.opts, *parameter.secondary_opts):
                    yield name, flag


@pytest.mark.parametrize(("command", "flag"), list(_flags()))
def test_every_flag_is_documented(command: str, flag: str) -> None:
    section = CLI.partition(f"\n## dedup {command}\n")[2].partition("\n## ")[0]
    assert re.search(rf"`[^`]*{re.escape(flag)}\b[^`]*`", section), f"docs/cli.md says nothing of {command} {flag}"


def test_every_flag_of_what_looks_after_a_state_is_documented() -> None:
    group = commands.commands["state"]
    assert isinstance(group, click.Group)
    rows = {line.split("|")[1].split()[2]: line for line in STATE.splitlines() if line.startswith("| `dedup state ")}
    assert rows.keys() == group.commands.keys()
    for name, command in group.commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert max(parameter.opts, key=len) in rows[name], (
                    f"docs/state.md says nothing of {name} {parameter.opts}"
                )


def test_no_flag_is_documented_that_does_not_exist() -> None:
    known = {flag for _, flag in _flags()} | {"--help", "--version"}
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", CLI)) <= known


@pytest.mark.parametrize("name", dedup.__all__)
def test_every_public_name_is_documented_and_can_be_imported(name: str) -> None:
    assert re.search(rf"`(?:dedup\.)?{name}\b", LIBRARY), f"docs/library.md says nothing of {name}"
    assert getattr(dedup, name).__doc__


@pytest.mark.parametrize("module", [dedup.errors, service.errors], ids=lambda module: module.__name__)
def test_the_tree_of_errors_holds_every_error(module: ModuleType) -> None:
    raised = [
        name for name, kind in vars(module).items() if isinstance(kind, type) and kind.__module__ == module.__name__
    ]
    assert module.__doc__ is not None
    assert [name for name in raised if not re.search(rf"\b{name}\b", module.__doc__)] == []


def test_every_extra_is_documented() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for extra in project["optional-dependencies"]:
        assert f"dedup[{extra}]" in LIBRARY


def test_the_readme_names_every_benchmark() -> None:
    section = README.partition("\n## How good, how fast\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([a-z_]+)`", section)) == set(benchmarks.commands)


def test_public_names_are_listed_in_order() -> None:
    assert dedup.__all__ == sorted(dedup.__all__)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = dedup.nonsense  # type: ignore[attr-defined]  # and type checkers say so, too


def _shown(document: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with the output shown below it."""
    for block in re.findall(r"```console\n(.*?)```", document, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if output:
                yield command, output


@pytest.mark.parametrize(("command", "output"), [*_shown(README), *_shown(CLI)])
def test_the_output_shown_is_what_the_command_prints(command: str, output: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == "dedup"
    environment = {**os.environ, "PYTHONPATH": str(Path(dedup.__file__).parents[1])}
    printed = subprocess.check_output(
        [sys.executable, "-m", "dedup", *arguments], cwd=ROOT, env=environment, text=True
    )
    assert printed == output


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README + LIBRARY, re.DOTALL))
def test_the_python_shown_runs(code: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(dedup.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_is_right_about_what_a_threshold_means(rng: random.Random) -> None:
    assert "0.8 on five-word shingles means that\n  about 2 % of the words were edited" in README
    words = [f"word{number}" for number in range(20_000)]
    edited = list(words)
    for place in rng.sample(range(len(words)), len(words) // 50):
        edited[place] += "x"
    shingles, others = ({tuple(text[i : i + 5]) for i in range(len(text) - 4)} for text in (words, edited))
    assert 0.78 < len(shingles & others) / len(shingles | others) < 0.85


def test_links_between_the_documents_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
