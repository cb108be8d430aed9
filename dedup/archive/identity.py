"""Whose a folder is: the input and the options of a job, and in what two jobs differ."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from dedup.archive.formats.names import found, kept, shown
from dedup.archive.formats.remote import describe, is_remote
from dedup.errors import ArchiveInputError


class Source(msgspec.Struct, frozen=True):
    """A file of the input, and what tells that it has changed.

    Attributes:
        name: as it was given or found; see `names.shown`.
        size: bytes; None of standard input.
        modified: nanoseconds since 1970; None of standard input and of what a URL names.
        version: of what a URL names, as its server says.
        path: bytes of the name where it is no UTF-8.
    """

    name: str
    size: int | None
    modified: int | None
    version: str | None = None
    path: bytes = b""

    @property
    def location(self) -> str:
        """What opens the file."""
        return found(self.name, self.path)


class Identity(msgspec.Struct, frozen=True):
    """What a job is: the same input and options go on where they were left.

    Attributes:
        options: what decides on the output, see `ArchiveOptions.deciding`.
        inputs: in order.
    """

    options: dict[str, object]
    inputs: tuple[Source, ...]

    def encoded(self) -> bytes:
        """Equal for the same job, and for no other."""
        return msgspec.json.encode(self, order="deterministic")


def identify(names: list[str], options: dict[str, object]) -> Identity:
    """The job that these inputs and options make.

    Raises:
        ArchiveInputError: an input is not there, or a pipe.
    """
    return Identity(options, tuple(map(_source, names)))


def difference(before: bytes, now: bytes) -> str:
    """In words, in what a job of before, as `Identity.encoded` wrote it, differs from that of now."""
    decoder = msgspec.json.Decoder(Identity)
    try:
        found = list(_differences(decoder.decode(before), decoder.decode(now)))
    except msgspec.DecodeError:
        return "of another version"
    if not found:
        return "written otherwise; job.json may have been edited"
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return found[0] + more


def _differences(before: Identity, now: Identity) -> Iterator[str]:
    yield from _of_options(before.options, now.options)
    yield from _of_inputs(
        {(source.name, source.path): source for source in before.inputs},
        {(source.name, source.path): source for source in now.inputs},
    )


def _of_options(old: Mapping[str, object], new: Mapping[str, object], above: str = "") -> Iterator[str]:
    """Options by their names, those within another one behind its name and a dot."""
    for name, value in new.items():
        before = old.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            yield from _of_options(before, value, f"{above}{name}.")
        elif repr(before) != repr(value):  # 1 is not 1.0 where the output says which job it is of
            was, now = ("set" if isinstance(one, dict) else repr(one) for one in (before, value))
            yield f"{above}{name} was {was} and is {now} now"


def _of_inputs(old: Mapping[tuple[str, bytes], Source], new: Mapping[tuple[str, bytes], Source]) -> Iterator[str]:
    yield from (f"{source.name} has changed" for key, source in new.items() if source != old.get(key, source))
    yield from (f"{source.name} was no input of it" for key, source in new.items() if key not in old)
    yield from (f"{source.name} is no input any more" for key, source in old.items() if key not in new)
    if old.keys() == new.keys() and list(old) != list(new):
        yield "the inputs stand in another order"


def _source(name: str) -> Source:
    if name == "-":
        return Source(name, None, None)
    if is_remote(name):
        described = describe(name)
        return Source(name, described.size, None, described.version)
    try:
        status = Path(name).stat()
    except OSError as error:
        raise ArchiveInputError(name, error.strerror or str(error)) from error
    if stat.S_ISFIFO(status.st_mode):
        raise ArchiveInputError(name, "a pipe, which can be read once only; give it as standard input, named -")
    return Source(shown(name), status.st_size, status.st_mtime_ns, path=kept(name))
