"""`dedup bench QUESTION …`: `python -m benchmarks QUESTION …`, which lies beside the source and in no wheel."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from dedup.cli.warm import say_that_kernels_compile


@click.command(
    "bench",
    short_help="Measure dedup beside its peers.",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Measure dedup and its peers, from a checkout of the project; `dedup bench --help` lists the questions."""
    folder = Path.cwd()
    if not (folder / "benchmarks" / "__main__.py").is_file():
        raise click.ClickException(
            f"{folder} holds no benchmarks; they lie in a checkout of the project: call it there"
        )
    say_that_kernels_compile()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    os.execve(sys.executable, [sys.executable, "-m", "benchmarks", *arguments], environment)  # noqa: S606
