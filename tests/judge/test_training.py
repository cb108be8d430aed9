"""The command that trains: a judge that others grow from their own pages has to load, and held-out sets stay held out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("lightgbm", reason="the judge is trained by LightGBM: pip install 'dedup[training]'")

import dedup
from dedup.judge import columns
from dedup.judge.model import load
from dedup.judge.training import trainer
from dedup.judge.training.__main__ import main
from dedup.judge.training.dataset import read_made, read_pages
from dedup.judge.training.labels import label
from dedup.judge.training.naming import Names
from dedup.judge.training.unspaced import unspaced, unspaced_text

SENTENCE = "The ferry to the island will run twice a day again, the council of {} said on Monday evening."


def write_set(folder: Path, name: str, pages: int) -> None:
    """Pages of many sites, four of each: a menu of links, three sentences, a footer."""
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as lines:
        for page in range(pages):
            body = [SENTENCE.format(f"{name} {page} {part}") for part in range(3)]
            menu = "".join(f"<li><a href='/{word}'>{word}</a></li>" for word in ("Home", "News", "Sport", "About us"))
            text = "".join(f"<p>{line}</p>" for line in body)
            footer = f"<footer>© Post {page}</footer>"
            markup = f"<title>Ferry {page}</title><ul>{menu}</ul><article>{text}</article>{footer}"
            where = {"id": f"{name} {page}", "site": f"{name}{page // 4}.example"}
            given = {**where, "html": markup, "gold": "\n".join(body)}
            lines.write(json.dumps(given) + "\n")


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two sets; few trees are enough to tell a sentence from a menu."""
    monkeypatch.setattr(trainer, "FIRST_ROUNDS", 8)
    monkeypatch.setattr(trainer, "SECOND_ROUNDS", 8)
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in ("scrapinghub", "news424"):
        write_set(folder, name, 40)
    return folder


def test_a_trained_judge_is_written_and_loads(pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "judge" / "model.npz"
    output.parent.mkdir()
    result = CliRunner().invoke(main, ["--data", str(pages), "-o", str(output)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert output.with_name("template.json").exists()
    monkeypatch.setattr("dedup.judge.model.resources.files", lambda _: output.parent)
    for form in ("html", "text"):
        model = load.__wrapped__(form)
        assert model.chances[0] == 0
        assert (np.diff(model.chances) >= 0).all()


def test_held_out_sets_are_reported_and_no_weights_written(pages: Path, tmp_path: Path) -> None:
    output = tmp_path / "model.npz"
    told = ["--data", str(pages), "--predictions", str(tmp_path / "seen"), "-o", str(output)]
    result = CliRunner().invoke(main, [*told, "--hold-out", "set"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert not output.exists()
    reported = {line.split()[0] for line in result.output.splitlines() if line.startswith(("scrap", "news4"))}
    assert reported == {"scrapinghub", "news424"}
    assert (tmp_path / "seen" / "news424.html.jsonl").exists()


def test_a_judge_of_a_set_has_learned_from_none_of_it(pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of the set among the training rows would make the report on new sites look better than it is."""
    tables = trainer.Tables(list(read_pages(pages, "html")))
    learned: list[set[int]] = []
    named: list[set[int]] = []
    grow, fit_names = trainer._grow, trainer.Tables.fit_names

    def watched(tables: trainer.Tables, table: trainer.Floats, rows: np.ndarray, rounds: int) -> object:
        learned.append(set(tables.sets[rows].tolist()))
        return grow(tables, table, rows, rounds)

    def watched_names(tables: trainer.Tables, rows: np.ndarray) -> object:
        named.append(set(tables.sets[rows].tolist()))
        return fit_names(tables, rows)

    unseen = trainer.judge_unseen(tables)
    monkeypatch.setattr(trainer, "_grow", watched)
    monkeypatch.setattr(trainer.Tables, "fit_names", watched_names)
    scores = trainer.judge_unseen_sets(tables, unseen)
    assert learned == [{1}, {0}, {1}, {0}]
    assert named == [{1}, {0}]
    assert len(scores) == len(tables.labels)


def test_names_of_a_site_tell_what_they_do_on_other_sites(pages: Path) -> None:
    """A class that one site alone uses would tell all of its labels: held out, the judge would look perfect."""
    everything = list(read_pages(pages, "html"))
    tables = trainer.Tables(everything)
    own = columns.NAMES.index("names_own")
    assert (tables.first[:, own] != 0).any()
    for fold in set(tables.sites.tolist()):
        weights = tables.fit_names(tables.sites != fold)
        for page, first, end in zip(everything, tables.bounds, tables.bounds[1:], strict=False):
            if page.fold == fold:
                assert page.around is not None
                table = tables.first[first:end].copy()
                weights.fill(page.elements, page.around, table)
                assert (table == tables.first[first:end]).all()


def test_terms_are_counted_in_training_as_the_judge_counts_them(pages: Path) -> None:
    """Weights fitted on other sums than the judge's would tell it nothing."""
    everything = list(read_pages(pages, "html"))
    names = Names(everything, len(everything))
    labels, known = np.concatenate([page.labels for page in everything]), np.ones(1, np.bool_)
    weights = names.fit(np.repeat(known, len(labels)), labels > 0.5, np.ones(len(labels), np.float32))
    sums = names.counts @ np.ascontiguousarray(weights.weights.T, np.float32).ravel()
    tables = [page.evidence.table.copy() for page in everything]
    for page, table in zip(everything, tables, strict=True):
        assert page.around is not None
        weights.fill(page.elements, page.around, table)
    assert np.abs(sums).max() > 0.1
    np.testing.assert_allclose(np.concatenate(tables)[:, columns.NAMES.index("names")], sums, atol=1e-4)


def test_a_page_written_without_spaces_is_labelled_as_the_page_it_was_made_of() -> None:
    """Were a word written differently in the page and in its gold, trees would learn that its article is furniture."""
    gold = "\n".join(
        SENTENCE.format(name) for name in ("Ayr", "Oban (in the west)", "Mull: the \u201cisle\u201d, 3 km off")
    )
    paragraphs = "".join(f"<p>{line.replace('island', '<b>island</b>')}</p>" for line in gold.split("\n"))
    markup = f"<ul><li>About the town</ul>{paragraphs}<script>let the = 'council'</script>"
    written, wanted = unspaced(markup), unspaced_text(gold)
    assert written is not None
    assert "let the = 'council'" in written
    blocks = [block.text for block in dedup.clean(written).blocks]
    assert label(blocks, wanted).round().tolist() == [0, 1, 1, 1]
    assert " " not in unspaced_text("the town of the island")
    assert unspaced_text("one, two.\nthree").count("\n") == 1
    assert unspaced("x" * 2_000_000) is None


def test_made_pages_stay_in_the_fold_of_the_page_they_were_made_of(pages: Path) -> None:
    """A copy of a page among the training rows of its own fold would make the report look better than the judge is."""
    folds = {str(page.given["id"]): page.fold for page in read_pages(pages, "html")}
    for form in ("html", "text"):
        made = list(read_made(pages, form))
        assert len(made) > 5
        assert all(folds[str(page.given["id"])] == page.fold for page in made)
