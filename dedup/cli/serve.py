"""`dedup serve`: start the service."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click
import msgspec

from dedup.cli.inputs import form_of
from dedup.cli.terminal import write
from dedup.errors import OptionError

_MEDIA_TYPES = {"html": "text/html", "text": "text/plain", "markdown": "text/markdown"}


@click.command("serve")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.  [default: 8080]")
@click.option("--workers", type=int, help="Processes that clean pages.  [default: one a core]")
@click.option(
    "--state", help="Directory or Redis that keeps what is learned of sites.  [default: nothing is learned]"
)
@click.option(
    "--try",
    "example",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Print a curl line that cleans this page.",
)
def command(
    *, host: str | None, port: int | None, workers: int | None, state: str | None, example: Path | None
) -> int:
    """Clean pages over HTTP until SIGTERM or Ctrl-C.

    The service answers what it has begun before it stops. Environment variables set what has no flag here; flags go
    before variables.

    Exit codes: 0 all requests were finished, 1 some were cut off or the service could not start, 2 wrong usage.
    """
    from service.app import serve  # noqa: PLC0415  (imports aiohttp)
    from service.settings import Settings  # noqa: PLC0415

    flags = {"host": host, "port": port, "workers": workers, "state": state}
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = msgspec.structs.replace(Settings.from_environment(os.environ), **given)
    except OptionError as error:
        raise click.UsageError(str(error)) from error

    def invite(url: str) -> None:
        if example is not None:
            write(f"try it: {curl_line(url, example)}\n")

    return serve(settings, on_listening=lambda url: write(f"listening on {url}\n"), on_ready=invite)


def curl_line(url: str, page: Path) -> str:
    """The shell command that has the service at `url` clean a page."""
    media_type = _MEDIA_TYPES[form_of(str(page), page.read_bytes())]
    content = shlex.quote(f"@{page}")
    return f"curl --data-binary {content} --header 'Content-Type: {media_type}' {url}/v1/clean"
