"""The streams of the command line: which is a terminal, what may be sent to one, how lines are written."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TextIO

import click

# A page is written by strangers: its control characters must not reach a terminal, which would obey them.
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
_VISIBLE |= {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)


def printable(text: str) -> str:
    """The text with each control character, but for line ends and tabs, replaced by a visible sign."""
    return text.translate(_VISIBLE)


def display_name(name: str) -> str:
    """The name of an input on one line: undecodable bytes and control characters replaced."""
    return "stdin" if name == "-" else printable(click.format_filename(name).replace("\n", "␊"))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody is looking; a stream that the caller closed is None."""
    return stream is not None and stream.isatty()


def wants_colour(stream: TextIO | None, choice: bool | None) -> bool:  # noqa: FBT001  (a flag of three states)
    """Whether to colour what goes to `stream`: as chosen, else on a terminal that takes colour.

    `NO_COLOR` set to anything (https://no-color.org) asks for none, unless the command line says otherwise.
    """
    if choice is not None:
        return choice
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def complain(message: str) -> None:
    """Write a message to stderr, under the command's name."""
    say(f"dedup: {printable(message)}")


def say(line: str) -> None:
    """Write a line to stderr; where it takes no more, the work goes on all the same, and the exit code has to tell."""
    with contextlib.suppress(OSError):
        click.echo(line, err=True)


def write(text: str) -> None:
    """Write to stdout, as UTF-8 whatever the locale: what a pipe receives must not depend on who runs the command.

    Whoever read from a pipe may have seen enough: what comes after that is written nowhere, and nothing is wrong.

    Raises:
        ClickException: stdout takes no more, such as on a full disk, or is closed.
    """
    if sys.stdout is None:
        raise click.ClickException("cannot write to stdout: it is closed")
    try:
        click.echo(text.encode(errors="replace"), nl=False)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered fails no second time
        if error.errno == errno.EPIPE:
            return
        raise click.ClickException(f"cannot write to stdout: {error.strerror}") from error
