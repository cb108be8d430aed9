"""`python -m dedup.judge.training --data FOLDER [-o FILE]`: train the judges and report their held-out quality."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import click

from dedup.judge.model import FILE, Form, Model, save
from dedup.judge.template import FILE as TEMPLATE_FILE
from dedup.judge.training import template
from dedup.judge.training.dataset import read_made, read_pages
from dedup.judge.training.predictions import write_predictions
from dedup.judge.training.report import report
from dedup.judge.training.trainer import Tables, judge_unseen, judge_unseen_sets, train


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of *.jsonl.gz sets."
)
@click.option(
    "--predictions",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for what judges that never saw a page's site make of it: SET.FORM.jsonl, for the benchmarks.",
)
@click.option(
    "--hold-out",
    type=click.Choice(("site", "set")),
    default="site",
    show_default=True,
    help="What judges have not seen of the pages that they are reported on. `set` only reports, and writes no weights.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path(FILE), show_default=True)
def main(data: Path, predictions: Path | None, hold_out: Literal["site", "set"], output: Path) -> None:
    """Train the judges of HTML and of plain text on labelled pages."""
    models: dict[Form, Model] = {}
    for form in get_args(Form):
        tables = Tables(list(read_pages(data, form)), list(read_made(data, form)))
        unseen = judge_unseen(tables)
        scores = judge_unseen_sets(tables, unseen) if hold_out == "set" else unseen.scores
        for line in report(form, tables, scores):
            click.echo(line)
        if predictions:
            write_predictions(predictions, data, form, tables.split(scores))
        if hold_out == "set":
            continue
        models[form] = train(tables, unseen)
        if form == "html":
            template.write(template.fit(tables.pages, tables.split(scores)), output.with_name(TEMPLATE_FILE))
    if not models:
        return
    with output.open("wb") as target:
        save(models, target)
    click.echo(f"{output}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
