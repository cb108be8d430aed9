"""`dedup state`: look after what was learned."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dedup.cli.inputs import require_names, require_utf8
from dedup.cli.terminal import complain, printable, write

if TYPE_CHECKING:
    from dedup.state import Store


def _no_stream(ctx: click.Context, param: click.Parameter, file: Path) -> Path:  # noqa: ARG001  (as click calls it)
    if str(file) == "-":  # elsewhere a stream; who pipes a backup on would get a line about records for it
        raise click.BadParameter("'-' is no stream here; name a file")
    return file


_STATE = click.argument("state")
_KEY = click.Path(path_type=Path, exists=True, dir_okay=False)
_FILE = click.argument("file", type=click.Path(path_type=Path), callback=_no_stream)


@click.group("state")
def command() -> None:
    """Verify, back up and trim what was learned. STATE is a directory or the address of a Redis (redis://…)."""


@command.command()
@_STATE
def verify(state: str) -> int:
    """Read all of STATE and name what is damaged. Exit code 1 where anything is."""
    from dedup.state import StateOptions  # noqa: PLC0415  (loads numpy)
    from dedup.state.verification import verify_state  # noqa: PLC0415

    damaged = 0
    for error in verify_state(state, StateOptions()):
        complain(str(error))
        damaged += 1
    if not damaged:
        write("no damage found\n")
    return int(bool(damaged))


@command.command()
@_STATE
def info(state: str) -> None:
    """Print what STATE holds, as JSON; also while a service uses it."""
    import msgspec  # noqa: PLC0415

    with _open(state, read_only=True) as store:
        figures = {
            "head": store.head(),
            "records": store.count(),
            "bytes": store.size(),
            "format": store.header.format,
        }
        write(json.dumps(figures | msgspec.to_builtins(store.header.parameters)) + "\n")


@command.command()
@_STATE
@_FILE
def backup(state: str, file: Path) -> None:
    """Write STATE to FILE; also while a service uses it."""
    from dedup.state import archive  # noqa: PLC0415

    with _open(state, read_only=True) as store:
        write(f"{archive.backup(store, file)} records written\n")


@command.command()
@_FILE
@_STATE
def restore(file: Path, state: str) -> None:
    """Fill STATE from a backup in FILE. What STATE was told to forget since then stays forgotten."""
    from dedup.state import archive  # noqa: PLC0415
    from dedup.state.filling import filled  # noqa: PLC0415

    with filled(state) as store:
        taken, kept_out = archive.restore(file, store)
    write(f"{taken} records taken, {kept_out} kept out as forgotten\n")


@command.command(short_help="Fold old pages into counts, shrink the files.")
@_STATE
@click.option(
    "--pages", type=click.IntRange(1), default=500, show_default=True, help="Records of pages a site keeps."
)
def compact(state: str, pages: int) -> None:
    """Fold old pages into counts, and rewrite the files without what was dropped or forgotten."""
    from dedup.state.retention import Retention, fold_all  # noqa: PLC0415

    with _open(state) as store:
        before = store.size()
        folded = fold_all(store, Retention(pages, slack=0))
        store.compact()
        write(f"{folded} records folded, {before} bytes before, {store.size()} now\n")


@command.command()
@_STATE
@click.argument("target")
def migrate(state: str, target: str) -> None:
    """Copy STATE to TARGET, a new directory or Redis."""
    from dedup.state import archive  # noqa: PLC0415
    from dedup.state.address import without_password  # noqa: PLC0415
    from dedup.state.filling import filled  # noqa: PLC0415

    if state == target or ("://" not in state + target and Path(state).resolve() == Path(target).resolve()):
        raise click.UsageError(f"STATE and TARGET are both {without_password(state)}: name a new one")
    with _open(state) as source, filled(target) as store:
        write(f"{archive.migrate(source, store)} records copied\n")


@command.command("export", short_help="Write STATE to FILE for another install.")
@_STATE
@_FILE
@click.option("--key-file", type=_KEY, help="What many sites repeat alone, digests keyed with its 16 to 64 bytes.")
def export(state: str, file: Path, key_file: Path | None) -> None:
    """Write STATE to FILE for another install, without its secret."""
    from dedup.state import archive  # noqa: PLC0415

    key = _key_in(key_file)
    with _open(state, read_only=True) as store:
        written = archive.export(store, file, counts_only=key_file is not None, key=key)
    write(f"{written} records written\n")


@command.command("import", short_help="Append the records of FILE to STATE.")
@_FILE
@_STATE
@click.option("--key-file", type=_KEY, help="The key of the counts that `export --key-file` wrote.")
def import_(file: Path, state: str, key_file: Path | None) -> None:
    """Append the records of FILE to STATE, without what STATE was told to forget."""
    from dedup.state import archive  # noqa: PLC0415
    from dedup.state.filling import filled  # noqa: PLC0415

    key = _key_in(key_file)
    with filled(state) as store:
        taken, kept_out = archive.import_records(file, store, key)
    write(f"{taken} records taken, {kept_out} kept out as forgotten\n")


@command.command(short_help="Forget a site, a page or a document.")
@_STATE
@click.argument("name")
@click.option("--kind", type=click.Choice(["site", "url", "document"]), required=True, help="What NAME is.")
@click.option("--namespace", default="default", show_default=True, help="The tenant.")
def forget(state: str, name: str, kind: str, namespace: str) -> None:
    """Forget a site, the page of a URL, or a document of STATE.

    Run `dedup state compact` afterwards to take the last bytes out of the files.
    """
    from dedup.memory import normalised_url, page_key  # noqa: PLC0415
    from dedup.state import forgetting  # noqa: PLC0415
    from dedup.state.address import without_password  # noqa: PLC0415

    require_names("NAME", name)
    require_names("--namespace", namespace)
    require_utf8("NAME", name)
    require_utf8("--namespace", namespace)
    with _open(state) as store:
        target: bytes | str = name if kind != "url" else page_key(normalised_url(name))
        dropped = forgetting.forget(store, kind, target, namespace=namespace, time=int(time.time()))  # type: ignore[arg-type]  # click checked it
    if not dropped:  # no failure: a script may say it twice, and a backup may hold what is not here
        place = without_password(state)
        known = f" (`dedup sites {place}` lists what it knows)" if kind == "site" else ""
        kept_out = "a later restore or import keeps it out all the same"
        complain(f"{place} held nothing of the {kind} {name}{known}; {kept_out}")
    write(f"{dropped} records of {printable(name)} forgotten\n")


def _key_in(file: Path | None) -> bytes:
    """The key in a file; none where there is no file.

    Raises:
        StateError: it is no key.
    """
    from dedup.state.archive import read_key  # noqa: PLC0415  (loads numpy)

    return read_key(file) if file is not None else b""


def _open(state: str, *, read_only: bool = False) -> Store:
    from dedup.state import open_store  # noqa: PLC0415

    return open_store(state, read_only=read_only, create=False)
