"""Who hands a job something else than it takes reads which argument it was, before a folder is claimed for it."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from dedup.archive.formats import Fields
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.errors import InputError, OptionError
from dedup.options import CleanOptions

OPTIONS = ArchiveOptions(clean=None, workers=1)
WRONG: dict[str, list[Any]] = {
    "clean": [True, {}],
    "fields": [None, {"url": "u"}],
    "threshold": ["x", None, True, nan, 0.2],
    "shingle": ["5", 1.5, 0],
    "canonical": [None, "last"],
    "scope": [None, "page"],
    "against": [5, b"x", "", "s3://bucket/seen"],
    "index_out": [5, "", "https://host/seen"],
    "annotate": ["x", 1],
    "output": [[], "csv"],
    "ledger": [1, "x"],
    "engine": [5, "dask"],
    "master": [5, "", "foo://x"],
    "core_price": ["x", True, nan, inf, -1],
    "record_bytes": [nan, 1.5, "x", 0, 10**20],
    "strict": ["x", None],
    "state": [5, "", b"x"],
    "namespace": [5, None, ""],
    "workers": [1.5, "x", None, True, 0, 10**6],
    "memory": ["4GB", nan, 3e9, 10**30, 10],
    "seconds_a_page": [nan, inf, "x", 0, -1],
}
WRONG_FIELDS: dict[str, list[Any]] = {
    "content": ["text", (), ("",), (5,), ["text"], ('a"b',)],
    "url": [5, None, "", "caf\udce9"],
    "id": [None, "a\\b"],
    "date": [b"date", "a\n"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_an_option_that_is_no_such_thing_is_named(name: str, value: Any) -> None:
    """Some raised whatever they met inside, others ran as something that nobody had asked for."""
    with pytest.raises(OptionError, match=f"^{name}: expected "):
        ArchiveOptions(**{name: value})


def test_every_option_has_a_wrong_value_here() -> None:
    assert set(WRONG) == set(ArchiveOptions.__struct_fields__)
    assert set(WRONG_FIELDS) == set(Fields.__struct_fields__)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG_FIELDS for value in WRONG_FIELDS[name]])
def test_a_field_that_no_row_can_have_is_named(name: str, value: Any) -> None:
    """`content="text"` was read as four fields of one letter each: every row was quarantined."""
    with pytest.raises(OptionError, match=f"^{name}: expected "):
        Fields(**{name: value})


@pytest.mark.parametrize("wrong", [{"ledger": True}, {"state": "memory"}])
def test_what_is_about_cleaning_is_not_passed_over_where_nothing_is_cleaned(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="where clean is None: it is about pages that are cleaned"):
        ArchiveOptions(clean=None, **wrong)
    ArchiveOptions(clean=CleanOptions(), **wrong)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("in.jsonl", r"expected several names, such as \['crawl.warc.gz'\], got 'in.jsonl', which has to stand in a"),
        (Path("in.jsonl"), "expected several names, .* which has to stand in a list"),
        (None, "expected several names, .* got NoneType"),
        ([], "none is given; name a file"),
        ([""], r"a name is empty, which would be the current folder; write '\.' for that"),
        ([5], "expected names as str or Path, got int"),
        ([b"in.jsonl"], "expected names as str or Path, got bytes"),
        (["in\0.jsonl"], "no file has a NUL in its name"),
    ],
)
def test_inputs_that_are_no_names_are_refused_in_words(tmp_path: Path, inputs: Any, said: str) -> None:
    """No input at all was a job that succeeded, an empty name read the current folder."""
    with pytest.raises(InputError, match=f"^inputs: {said}"):
        archive(inputs, tmp_path / "out", OPTIONS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("out", [None, "", 5, b"out", "s3://bucket/out"])
def test_an_output_folder_that_is_none_is_refused(tmp_path: Path, out: Any) -> None:
    with pytest.raises(OptionError, match=r"^out: expected a folder"):
        archive([str(tmp_path)], out, OPTIONS)


def test_options_and_a_watcher_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"^options: expected ArchiveOptions\(…\), got None"):
        archive([str(tmp_path)], tmp_path / "out", None)  # type: ignore[arg-type]  # the fault that is tested
    with pytest.raises(OptionError, match=r"^watch: expected a function that takes the progress, got None"):
        archive([str(tmp_path)], tmp_path / "out", OPTIONS, watch=None)  # type: ignore[arg-type]  # as above


def test_paths_name_inputs_as_texts_do(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "words"}\n')
    assert archive([source], tmp_path / "out", OPTIONS).kept == 1
    assert archive([str(source)], str(tmp_path / "out"), OPTIONS).kept == 1  # the same job
