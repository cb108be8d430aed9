"""`python -m benchmarks QUESTION …`: one file a question."""

from __future__ import annotations

import click

from benchmarks.cleaning import cleaning


@click.group()
def main() -> None:
    """Ask one question, on this machine, of dedup and of its peers in the same run."""


main.add_command(cleaning)

if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
