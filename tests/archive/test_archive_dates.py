"""Dates in every form that archives and rows write them order documents, and stand in WARC, by the moment they name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dedup.archive.dates import read_date
from dedup.archive.formats import Record, read
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions, Output
from dedup.archive.writers.warc import _date


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2020-06-15T10:30:00Z", "2020-06-15T10:30:00Z"),
        ("2020-06-15T01:30:00.123456789+02:00", "2020-06-14T23:30:00Z"),
        ("2020-06-15 10:30:00-0700", "2020-06-15T17:30:00Z"),
        ("2020-06-15 10:30:00 +0200", "2020-06-15T08:30:00Z"),
        ("2020-06-15 10:30:00.5 UTC", "2020-06-15T10:30:00Z"),
        (" 20200615T103000Z ", "2020-06-15T10:30:00Z"),
        ("2020-06-15T10:30", "2020-06-15T10:30:00Z"),
        ("2020-06-15", "2020-06-15T00:00:00Z"),
        ("2020-06", "2020-06-01T00:00:00Z"),
        ("2020", "2020-01-01T00:00:00Z"),
        ("20200615103000", "2020-06-15T10:30:00Z"),
        ("20200615103000250", "2020-06-15T10:30:00Z"),
        ("202006151030", "2020-06-15T10:30:00Z"),
        ("20200615", "2020-06-15T00:00:00Z"),
        ("202006", "2020-06-01T00:00:00Z"),
        ("Mon, 15 Jun 2020 10:30:00 +0200", "2020-06-15T08:30:00Z"),
        ("Mon, 15 Jun 2020 10:30:00 GMT", "2020-06-15T10:30:00Z"),
        ("1592217000", "2020-06-15T10:30:00Z"),
        ("1592217000.75", "2020-06-15T10:30:00Z"),
        ("1592217000000", "2020-06-15T10:30:00Z"),
        ("1610121512345", "2021-01-08T15:58:32Z"),  # its digits alone could be a day of 1610
        ("-1592217000", "1919-07-19T13:30:00Z"),
    ],
)
def test_a_date_of_any_form_is_written_as_the_moment_it_names(date: str, moment: str) -> None:
    assert _date(date) == moment


@pytest.mark.parametrize(
    "date",
    [
        *("soon", "", " ", "2020-13-01", "2020-02-30T00:00:00Z", "20201301000000", "20200101250000", "12", "0"),
        *("9" * 400, "2020-01-01T00:00:00+99:00", "Mon, 15 Jun 2020 25:00:00 GMT", "0001-01-01T00:00:00+05:00"),
        *("Mon, 15 Jun 2020 10:00:00 +99999999999999", "Mon, ", ",", "nan", "٢٠٢٠", "²", "True", "[2020]"),
    ],
)
def test_what_is_no_date_counts_as_none(date: str) -> None:
    assert read_date(date) is None
    assert _date(date) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("between", [" ", "\n", "(", "1 ", "+00:00"])
def test_a_megabyte_in_place_of_a_date_holds_no_job_up(between: str) -> None:
    """A blank before a zone's name was looked for at each blank anew, in the process that reads for all others."""
    assert read_date("x" + between * 1_000_000 + "y") is None


def test_the_earliest_of_equal_documents_stays_however_dates_are_written(tmp_path: Path) -> None:
    """Their digits would order them otherwise."""
    dates = [
        "2020-06-15T01:00:00+09:00",  # the day before, in UTC
        "Sun, 14 Jun 2020 15:59:59 GMT",
        "20200614160001",
        1592150398,  # a second before all others
        "2020-06-14T15:59:58.5Z",
        "00000000",
        None,
    ]
    text = "The bridge over the river was closed for repairs until the end of the month."
    for order in (dates, dates[::-1]):
        rows = [{"id": str(date), "text": text, "date": date} for date in order]
        source, out = tmp_path / f"{order[0]}.jsonl", tmp_path / f"out {order[0]}"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
        archive([str(source)], out, ArchiveOptions(clean=None, workers=1, canonical="earliest"))
        assert json.loads((out / "part-00000.jsonl").read_text())["id"] == "1592150398"


@pytest.mark.parametrize("output", ["warc", "wet"])
def test_a_record_with_an_impossible_date_is_written_as_one_without(tmp_path: Path, output: Output) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"text": "The bridge was closed.", "date": "2020-13-45T00:00:00Z"}\n')
    archive([str(source)], tmp_path / "out", ArchiveOptions(clean=None, workers=1, output=output))
    assert {row.date for row in _records(tmp_path / "out")} == {"1970-01-01T00:00:00Z"}


def _records(out: Path) -> list[Record]:
    (part,) = out.glob("part-*")
    return [one for one in read(part) if isinstance(one, Record)]
