"""`dedup sites`: what was learned."""

from __future__ import annotations

import json

import click

from dedup.cli.progress import ProgressBar
from dedup.cli.terminal import printable, write
from dedup.cli.warm import say_that_kernels_compile


@click.command("sites", short_help="List the sites that were learned.")
@click.argument("state")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(state: str, *, as_json: bool) -> None:
    """List the sites of STATE: their pages, the distinct blocks on them, and those that three pages or more hold.

    A site of another tenant than `default` is named with it.

    STATE is a directory or the address of a Redis (redis://…). It may be in use.
    """
    from dedup.state import open_store  # noqa: PLC0415  (loads numpy)

    with open_store(state, read_only=True) as store:
        say_that_kernels_compile()
        from dedup.memory import LearnedMemory  # noqa: PLC0415  (compiles kernels)

        records = store.count()
        with ProgressBar(records) as bar:
            memory = LearnedMemory(store, progress=lambda what, done, of: bar.show(done * records // of, what))
            rows = memory.sites()
    for namespace, site, pages, blocks, shared in rows:
        if as_json:
            found = {"namespace": namespace, "site": site, "pages": pages, "blocks": blocks, "shared_blocks": shared}
            write(json.dumps(found, ensure_ascii=False) + "\n")
        else:
            of = "" if namespace == "default" else f" of {printable(namespace)}"
            write(f"{printable(site)}{of}  {pages} pages, {blocks} blocks, {shared} on three pages or more\n")
