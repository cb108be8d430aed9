"""`dedup serve`: start the service."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from dedup.cli.inputs import form_of
from dedup.cli.terminal import write
from dedup.cli.warm import say_that_kernels_compile
from dedup.errors import OptionError

if TYPE_CHECKING:
    from service.settings import Settings

_MEDIA_TYPES = {"html": "text/html", "text": "text/plain", "markdown": "text/markdown"}


@click.command("serve")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.  [default: 8080]")
@click.option("--workers", type=int, help="Processes that clean pages.  [default: one a core]")
@click.option(
    "--state", help="Directory or Redis that keeps what is learned of sites.  [default: nothing is learned]"
)
@click.option("--keys", help="File of the keys that are taken (`dedup key` makes them).  [default: none is needed]")
@click.option("--insecure", is_flag=True, default=None, help="Listen beyond loopback without keys.")
@click.option("--config", help="TOML file of settings; environment variables and flags go before it.")
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any other setting of docs/http.md.")
@click.option("--check", is_flag=True, help="Say what is set, and whether the service could start; do not start it.")
@click.option(
    "--try",
    "example",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Print a curl line that cleans this page.",
)
def command(
    *,
    host: str | None,
    port: int | None,
    workers: int | None,
    state: str | None,
    keys: str | None,
    insecure: bool | None,
    config: str | None,
    more: Sequence[str],
    check: bool,
    example: Path | None,
) -> int:
    """Clean pages over HTTP until SIGTERM or Ctrl-C.

    The service answers what it has begun before it stops. Flags go before environment variables, those before the file.

    Exit codes: 0 all requests were finished, 1 some were cut off or the service could not start, 2 wrong usage.
    """
    from service.app import serve  # noqa: PLC0415  (imports aiohttp)
    from service.settings import Settings  # noqa: PLC0415

    flags = {"host": host, "port": port, "workers": workers, "state": state, "keys": keys, "insecure": insecure}
    given: dict[str, object] = {name: value for name, value in flags.items() if value is not None}
    for one in more:
        name, equals, value = one.partition("=")
        if not equals:
            raise click.UsageError(f"--set takes NAME=VALUE, not {one!r}")
        given[name] = value
    try:
        settings = Settings.read(os.environ, given, config)
    except OptionError as error:
        raise click.UsageError(str(error)) from error
    if check:
        return _check(settings)

    say_that_kernels_compile()

    def invite(url: str) -> None:
        if example is not None:
            write(f"try it: {curl_line(url, example)}\n")

    return serve(settings, on_listening=lambda url: write(f"listening on {url}\n"), on_ready=invite)


def _check(settings: Settings) -> int:
    """Print the settings, and look at all that the service would open; nothing is changed."""
    from dedup.state import StateOptions  # noqa: PLC0415  (all of these load what `--help` does without)
    from dedup.state.address import without_password  # noqa: PLC0415
    from dedup.state.opening import foresee  # noqa: PLC0415
    from service.auth import Keys  # noqa: PLC0415
    from service.memory import IN_RAM  # noqa: PLC0415

    keys = Keys.read(settings.keys)
    found = ""
    if settings.state not in (None, IN_RAM):
        records = foresee(settings.state, StateOptions(durability=settings.durability))
        found = " (would be made)" if records is None else f" ({records} records)"
    state = without_password(settings.state) if settings.state else None
    for name, value in (msgspec.structs.asdict(settings) | {"state": state}).items():
        write(f"{name} = {value}\n")
    write(f"ok: {len(keys) or 'no'} keys, state {state or 'none'}{found}\n")
    return 0


def curl_line(url: str, page: Path) -> str:
    """The shell command that has the service at `url` clean a page."""
    media_type = _MEDIA_TYPES[form_of(str(page), page.read_bytes())]
    content = shlex.quote(f"@{page}")
    return f"curl --data-binary {content} --header 'Content-Type: {media_type}' {url}/v1/clean"
