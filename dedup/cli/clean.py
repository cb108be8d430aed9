"""`dedup clean`: pages in, what is left of them on stdout."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, get_args

import click
import msgspec

import dedup
from dedup.cli import explain
from dedup.cli.inputs import expand, form_of, read, require_utf8
from dedup.cli.progress import ProgressBar
from dedup.cli.sizes import Size, size_of
from dedup.cli.terminal import complain, display_name, is_terminal, printable, wants_colour, write
from dedup.cli.warm import say_that_kernels_compile
from dedup.errors import InputError, InputTooLargeError, OptionError
from dedup.options import CleanOptions, Limits, RepeatOptions
from dedup.page import CleanPage, ContentFormat, Lean, Mode, PageInput

if TYPE_CHECKING:
    from dedup.page import Form

View = Callable[[CleanPage], str]


@click.command("clean", short_help="Print what is left of pages.")
@click.argument("pages", nargs=-1, metavar="[PAGE]...")
@click.option(
    "--as",
    "form",
    type=click.Choice(["html", "text", "markdown"]),
    help="What every PAGE is. By default its file ending tells, else how it begins.",
)
@click.option("--url", help="Where the page was found (one PAGE only).")
@click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    default="article",
    show_default=True,
    help="article: the main content. unique: drop repeats, keep first copies. annotate: keep all, give verdicts.",
)
@click.option(
    "--to",
    "content_format",
    type=click.Choice(get_args(ContentFormat)),
    default="text",
    show_default=True,
    help="How the content is written.",
)
@click.option("--links", is_flag=True, help="With --to markdown: keep the links of the content.")
@click.option(
    "--lean",
    type=click.Choice(get_args(Lean)),
    default="balanced",
    show_default=True,
    help="What to favour where the judge is in doubt.",
)
@click.option("--comments", is_flag=True, help="Readers' comments under an article are content, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each PAGE.")
@click.option("--blocks", "with_blocks", is_flag=True, help="With --json: every block and its verdict.")
@click.option(
    "--list",
    "listed",
    type=click.Choice(["links", "images", "spans"]),
    multiple=True,
    help="With --json: the page's links, its images, or the ranges of the input that each block comes from.",
)
@click.option("--identify-language", is_flag=True, help="Tell the language from the text (extra `language`).")
@click.option("--http-status", type=click.IntRange(100, 599), help="Of the response in which the PAGE came.")
@click.option("--explain", "explained", is_flag=True, help="The whole page, what is removed struck out, and why.")
@click.option(
    "--color/--no-color",
    "colour",
    default=None,
    help="Colour for --explain. By default on a terminal, unless NO_COLOR is set.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0.5, 1),
    default=RepeatOptions().threshold,
    show_default=True,
    help="Least similarity of two blocks that count as the same.",
)
@click.option(
    "--max-bytes",
    type=Size(2**31 - 1),
    default=size_of(Limits().max_bytes),
    show_default=True,
    help="A larger PAGE is refused.",
)
def command(
    *,
    pages: Sequence[str],
    form: Form | None,
    url: str | None,
    mode: Mode,
    content_format: ContentFormat,
    links: bool,
    lean: Lean,
    comments: bool,
    as_json: bool,
    with_blocks: bool,
    listed: Sequence[str],
    identify_language: bool,
    http_status: int | None,
    explained: bool,
    colour: bool | None,
    threshold: float,
    max_bytes: int,
) -> int:
    """Print what is left of each PAGE when its repeats and its furniture are gone.

    PAGE is a file, a pattern such as 'site/**/*.html', or - for standard input, which is also read where no PAGE is
    given. A PAGE that fails is a line on stderr; the others go on.

    Exit codes: 0 all went well, 1 some PAGE failed, 2 wrong usage, 130 interrupted.
    """
    if not pages and is_terminal(sys.stdin):
        raise click.UsageError("give a PAGE, or pipe one in")
    names = expand(pages or ["-"])
    if url is not None and len(names) > 1:
        raise click.UsageError(f"--url belongs to one PAGE, and here are {len(names)}")
    if url is not None:
        require_utf8("--url", url)
    if as_json and explained:
        raise click.UsageError("--json and --explain exclude each other")
    if with_blocks and not as_json:
        raise click.UsageError("--blocks goes with --json")
    if listed and not as_json:
        raise click.UsageError("--list goes with --json")
    if links and content_format != "markdown":
        raise click.UsageError("--links goes with --to markdown: text has no links")
    if colour is not None and not explained:
        raise click.UsageError("--color and --no-color go with --explain: nothing else is coloured")
    if explained and content_format != "text":
        raise click.UsageError("--explain shows the page and not its content, which --to writes: take one of them")

    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `dedup clean … | head` ends quietly, as any filter does
    options = CleanOptions(
        mode=mode,
        content_format=content_format,
        links=links,
        lean=lean,
        comments=comments,
        identify_language=identify_language,
        list_links="links" in listed,
        list_images="images" in listed,
        list_spans="spans" in listed,
        limits=Limits(max_bytes=max_bytes),
        repeats=RepeatOptions(threshold=threshold),
    )
    say_that_kernels_compile()
    view = _view(as_json=as_json, with_blocks=with_blocks, explained=explained, colour=colour)
    said = PageInput(url=url, http_status=http_status)
    return clean_all(names, form, said, options, view, titled=len(names) > 1 and not as_json)


def clean_all(
    names: Sequence[str], form: Form | None, said: PageInput, options: CleanOptions, view: View, *, titled: bool
) -> int:
    """Clean the named inputs and write each as `view` shows it.

    Args:
        names: of files; `-` is standard input.
        form: what they all are; None: each is asked.
        said: what is known of them beside their content.
        options: for every page.
        view: a cleaned page to what is written of it.
        titled: write each input's name above what is written of it.

    Returns:
        The exit code: 1 where any input failed.
    """
    failed = False
    clean_one = dedup.clean  # loads the pipeline here, so that a broken installation is no fault of a page's
    with ProgressBar(len(names)) as bar:
        for done, name in enumerate(names):
            bar.show(done, name)
            try:
                content = read(name, options.limits.max_bytes)
                given = form or form_of(name, content)
                page = clean_one(
                    html=content if given == "html" else None,
                    text=content if given == "text" else None,
                    markdown=content if given == "markdown" else None,
                    url=said.url,
                    http_status=said.http_status,
                    id=None if name == "-" else click.format_filename(name),
                    options=options,
                )
            except OptionError:  # which no other page will make right
                raise
            except Exception as error:  # noqa: BLE001  (whatever one page brings about, the rest goes on)
                failed = True
                with bar.aside(sys.stderr):
                    complain(f"{display_name(name)}: {_problem(error)}")
                continue
            if page.truncated:
                with bar.aside(sys.stderr):
                    complain(f"{display_name(name)}: cut at {', '.join(page.truncated)}")
            with bar.aside(sys.stdout):
                write(f"==> {display_name(name)} <==\n{view(page)}\n" if titled else view(page))
    return int(failed)


def _problem(error: Exception) -> str:
    """What went wrong with an input, in the terms of the command line."""
    match error:
        case InputTooLargeError():
            return f"more than {error.limit} bytes (--max-bytes)"
        case InputError():
            return error.problem
        case IsADirectoryError():
            return "a folder; name the files in it, such as 'folder/**/*.html'"
        case OSError():
            return error.strerror or str(error)
        case _:
            message = " ".join(str(error).split())
            return f"internal error, please report it: {type(error).__name__}: {message}"


def _view(*, as_json: bool, with_blocks: bool, explained: bool, colour: bool | None) -> View:
    if as_json:
        return _json_with_blocks if with_blocks else _json
    if explained:
        return explain.drawing if wants_colour(sys.stdout, colour) else explain.listing
    return _content_for_terminal if is_terminal(sys.stdout) else _content


def _content(page: CleanPage) -> str:
    return page.content + "\n" if page.content else ""


def _content_for_terminal(page: CleanPage) -> str:
    return printable(_content(page))


def _json(page: CleanPage) -> str:
    fields = msgspec.structs.asdict(page)
    del fields["blocks"]
    return msgspec.json.encode(fields).decode() + "\n"


def _json_with_blocks(page: CleanPage) -> str:
    return msgspec.json.encode(page).decode() + "\n"
