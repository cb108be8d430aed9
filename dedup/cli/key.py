"""`dedup key`: make a key for the service."""

from __future__ import annotations

import click

from dedup.cli.terminal import write
from dedup.errors import OptionError


@click.command("key", short_help="Make a key for the service.")
@click.argument("name")
@click.option("--namespace", default="default", show_default=True, help="Tenant whose memory it opens.")
@click.option("--read-only", is_flag=True, help="It may clean and ask, and neither teach nor forget.")
def command(*, name: str, namespace: str, read_only: bool) -> int:
    """Make a key for whoever NAME is, and the lines that let `dedup serve --keys FILE` take it.

    The key is shown this once: the lines hold its hash only.
    """
    from service.auth import make_key  # noqa: PLC0415  (imports what `dedup clean` does without)

    try:
        key, table = make_key(name, namespace, read_only=read_only)
    except OptionError as error:
        raise click.UsageError(str(error)) from error
    write(f"# send it as  Authorization: Bearer {key}\n# and add this to the file of keys:\n{table}")
    return 0
