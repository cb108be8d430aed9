"""What a command takes is written down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dedup.cli import commands

DOCS = "".join(file.read_text("utf-8") for file in (Path(__file__).parents[2] / "docs").glob("*.md"))


def flags(command: click.Command, path: str = "dedup") -> Iterator[tuple[str, str]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from flags(found, f"{path} {name}")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield path, max(parameter.opts, key=len)


@pytest.mark.parametrize(("command", "flag"), sorted(set(flags(commands))))
def test_every_flag_is_documented(command: str, flag: str) -> None:
    assert re.search(rf"`[^`\n]*{flag}\b", DOCS), f"no document says what {command} {flag} does"
    assert command in DOCS, f"no document names {command}"
