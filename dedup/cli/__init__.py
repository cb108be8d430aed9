"""The command `dedup`; one module per subcommand.

Exit codes: 0 all went well, 1 some input failed, 2 the command line itself is wrong, 130 interrupted.

Nothing heavy (numba, aiohttp, rich) is imported until a command needs it, so that `dedup --help` answers at once.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import sys
from typing import NoReturn

import click

from dedup import __version__
from dedup.cli import archive, bench, clean, key, serve, sites, state, warm
from dedup.cli.terminal import complain, display_name
from dedup.errors import DedupError, OptionError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dedup", message="%(prog)s %(version)s")
def commands() -> None:
    """Find what a web page repeats and return what is left."""


commands.add_command(archive.command)
commands.add_command(bench.command)
commands.add_command(clean.command)
commands.add_command(key.command)
commands.add_command(serve.command)
commands.add_command(sites.command)
commands.add_command(state.command)
commands.add_command(warm.command)


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    # The last collection would look through all that numba made, which takes a quarter of a second.
    atexit.register(gc.freeze)
    try:
        sys.exit(commands.main(prog_name="dedup", standalone_mode=False))
    except click.UsageError as error:
        _show(error)
        sys.exit(2)
    except click.ClickException as error:
        complain(error.format_message())
        sys.exit(1)
    except click.Abort:
        sys.exit(130)
    except OptionError as error:  # what only the code beyond the command line could check
        _show(click.UsageError(str(error)))
        sys.exit(2)
    except DedupError as error:
        complain(str(error))
        sys.exit(1)
    except OSError as error:  # a file that no error of ours speaks of; a full disk without a name is that of stdout
        nameless = "cannot write to stdout" if error.errno == errno.ENOSPC else "dedup"
        complain(f"{display_name(str(error.filename or nameless))}: {error.strerror or error}")
        sys.exit(1)


def _show(error: click.UsageError) -> None:
    """Say how the command is used; where stderr is closed, nowhere: click would take stdout."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # as `say` does
            error.show()
