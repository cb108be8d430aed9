"""Texts in every form give the same values; what is no text gets an error that says which and where."""

from __future__ import annotations

import pickle
import random
from collections import deque

import fingerprint_oracle as oracle
import numpy as np
import pyarrow as pa
import pytest
from fingerprint_corpus import random_texts
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup.errors import FingerprintError, OptionError
from dedup.fingerprint import Fingerprinter, TextBuffer
from dedup.fingerprint.arrow import arrow_spans

TEXTS = random_texts(random.Random(3), 300)
FINGERPRINTER = Fingerprinter(shingle=3)
SIGNATURES = FINGERPRINTER.signatures(TEXTS)


def buffer_of(texts: list[str]) -> TextBuffer:
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return TextBuffer(np.frombuffer(b"".join(encoded), np.uint8), offsets)


class Text(str):
    __slots__ = ()


class ArrayOf:
    """Another library's array, as far as the Arrow PyCapsule interface shows it."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self.array.__arrow_c_array__(requested_schema)


class StreamOf:
    """Another library's column in chunks."""

    def __init__(self, array: pa.ChunkedArray) -> None:
        self.array = array

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.array.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "texts",
    [
        tuple(TEXTS),
        [text.encode() for text in TEXTS],
        [text if index % 2 else text.encode() for index, text in enumerate(TEXTS)],
        [Text(text) for text in TEXTS],
        deque(TEXTS),
        buffer_of(TEXTS),
        pa.array(TEXTS),
        pa.array(TEXTS, pa.large_string()),
        pa.chunked_array([TEXTS[:100], [], TEXTS[100:]], pa.string()),
        pa.array(["before", *TEXTS, "after"])[1:-1],
        pa.table({"text": TEXTS})["text"],
        pa.array(TEXTS, pa.string_view()),
        ArrayOf(pa.array(TEXTS)),
        StreamOf(pa.chunked_array([TEXTS[:7], TEXTS[7:]])),
    ],
    ids=[
        "tuple",
        "bytes",
        "mixed",
        "subclass",
        "deque",
        "buffer",
        "string",
        "large_string",
        "chunked",
        "slice",
        "column",
        "view",
        "capsule",
        "stream",
    ],
)
def test_every_form_of_input_gives_the_same_signatures(texts: object) -> None:
    assert (FINGERPRINTER.signatures(texts) == SIGNATURES).all()


def test_arrow_text_is_read_where_it_lies() -> None:
    array = pa.array(["one", "two", "three"])[1:]
    (spans,) = arrow_spans(array)
    assert spans.data.ctypes.data == array.buffers()[2].address
    assert [spans.data[begin:end].tobytes() for begin, end in zip(spans.begins, spans.ends, strict=True)] == [
        b"two",
        b"three",
    ]


def test_nulls_are_empty_texts_whatever_lies_under_them() -> None:
    validity = pa.array([True, False, True]).buffers()[1]
    text, offsets = pa.py_buffer(b"onehiddentwo"), pa.py_buffer(np.array([0, 3, 9, 12], np.int32))
    array = pa.Array.from_buffers(pa.string(), 3, [validity, offsets, text])
    assert array.to_pylist() == ["one", None, "two"]
    assert FINGERPRINTER.token_counts(array).tolist() == [1, 0, 1]
    assert FINGERPRINTER.token_counts(array[1:]).tolist() == [0, 1]


@pytest.mark.parametrize(
    "nothing", [[], (), TextBuffer(np.empty(0, np.uint8), np.zeros(1, np.int64)), pa.array([], "string")]
)
def test_no_texts_give_no_values(nothing: object) -> None:
    assert FINGERPRINTER.signatures(nothing).shape == (0, 128)
    assert FINGERPRINTER.digests(nothing).shape == (0,)
    assert FINGERPRINTER.shingle_hashes(nothing).offsets.tolist() == [0]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_many_pieces_come_together_in_order_on_any_number_of_threads(threads: int) -> None:
    texts = TEXTS * 20 + ["word " * 100_000, "", "one"] + TEXTS
    fingerprinter = Fingerprinter(shingle=3, threads=threads)
    once = [FINGERPRINTER.signatures([text])[0].tolist() for text in ("word " * 100_000, "", "one")]
    signatures = fingerprinter.signatures(texts)
    assert (signatures[:6000].reshape(20, 300, 128) == SIGNATURES).all()
    assert signatures[6000:6003].tolist() == once
    assert (signatures[6003:] == SIGNATURES).all()
    values, offsets = fingerprinter.shingle_hashes(texts)
    for index in (0, 299, 300, 5999, 6000, 6001, 6002, 6302):
        assert values[offsets[index] : offsets[index + 1]].tolist() == oracle.shingle_hashes(texts[index], 3)
    assert (fingerprinter.digests(texts) == FINGERPRINTER.digests(buffer_of(texts))).all()


def test_the_blocks_of_a_page_get_every_value_in_one_call() -> None:
    buffer = buffer_of(TEXTS)
    prints = FINGERPRINTER.blocks(buffer.data, buffer.offsets)
    hashes = FINGERPRINTER.shingle_hashes(TEXTS)
    assert (prints.digests == FINGERPRINTER.digests(TEXTS)).all()
    assert (prints.token_counts == FINGERPRINTER.token_counts(TEXTS)).all()
    assert (prints.hashes == hashes.values).all()
    assert (prints.hash_offsets == hashes.offsets).all()
    assert (prints.signatures == SIGNATURES).all()


def test_blocks_may_be_any_part_of_a_buffer() -> None:
    data = np.frombuffer(b"skipped first block second block skipped", np.uint8)
    prints = FINGERPRINTER.blocks(data, np.array([7, 19, 33], np.int64))
    assert (prints.signatures == FINGERPRINTER.signatures(["first block", "second block"])).all()


def first_invalid(text: bytes) -> int | None:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=4))
def test_bytes_are_taken_if_and_only_if_python_takes_them(texts: list[bytes]) -> None:
    invalid = [(index, start) for index, text in enumerate(texts) if (start := first_invalid(text)) is not None]
    if not invalid:
        counts = [len(oracle.tokens(text.decode())) for text in texts]
        assert FINGERPRINTER.token_counts(texts).tolist() == counts
        return
    index, start = invalid[0]
    with pytest.raises(FingerprintError) as caught:
        FINGERPRINTER.signatures(texts)
    assert caught.value.argument == f"texts[{index}]"
    assert caught.value.got == f"an invalid byte at position {start}"


@pytest.mark.parametrize(
    "sequence",
    [
        "80",
        "bf",
        "c0af",
        "c1bf",
        "c2",
        "c241",
        "e08080",
        "e09f",
        "eda080",
        "edbfbf",
        "ef41bf",
        "f08080af",
        "f4908080",
        "f5808080",
        "ff",
    ],
)
@pytest.mark.parametrize("length", [0, 5, 64, 130])
def test_an_invalid_sequence_is_found_wherever_it_stands(sequence: str, length: int) -> None:
    text = b"x" * length + bytes.fromhex(sequence)
    for position in (text, text + b" and then much more text that goes on for more than sixty-four bytes to the end"):
        with pytest.raises(FingerprintError, match=rf"texts\[1\].*position {length}"):
            FINGERPRINTER.digests([b"fine", position])
        with pytest.raises(FingerprintError, match=rf"texts\[0\].*position {length}"):
            FINGERPRINTER.shingles(position)


def test_an_invalid_byte_behind_what_has_to_be_composed_is_found() -> None:
    with pytest.raises(FingerprintError, match=r"texts\[0\].*position 4"):
        FINGERPRINTER.digests(["e\u0301 ".encode() + b"\xff"])


def test_a_character_cut_by_the_end_of_a_text_is_not_completed_by_the_next() -> None:
    data = np.frombuffer("né".encode(), np.uint8)
    with pytest.raises(FingerprintError, match=r"texts\[0\].*position 1"):
        FINGERPRINTER.blocks(data, np.array([0, 2, 3], np.int64))


@pytest.mark.parametrize("count", [1, 300_000])
def test_a_lone_surrogate_is_named(count: int) -> None:
    with pytest.raises(FingerprintError, match=rf"texts\[{count}\].*lone surrogate at character 3"):
        FINGERPRINTER.signatures(["a"] * count + ["abc\ud800"])


@pytest.mark.parametrize("wrong", [5, None, ["nested"], {"a": 1}, 1.5, object()])
def test_an_item_that_is_no_text_is_named(wrong: object) -> None:
    with pytest.raises(FingerprintError, match=rf"texts\[1\].*str or bytes.*{type(wrong).__name__}"):
        FINGERPRINTER.signatures(["text", wrong, "text"])


@pytest.mark.parametrize(
    "texts",
    ["a text", b"a text", 5, None, {"a"}, pa.array([1, 2]), pa.array([b"x"]), pa.array(["x"]).dictionary_encode()],
)
def test_input_of_another_kind_is_refused(texts: object) -> None:
    with pytest.raises(FingerprintError, match=r"^texts: expected"):
        FINGERPRINTER.digests(texts)


DATA = np.frombuffer(b"some text", np.uint8)
OFFSETS = np.array([0, 4, 9], np.int64)


@pytest.mark.parametrize(
    ("data", "offsets", "argument"),
    [
        (DATA.view(np.int8), OFFSETS, "data"),
        (DATA.tolist(), OFFSETS, "data"),
        (np.zeros((3, 3), np.uint8), OFFSETS, "data"),
        (np.zeros(20, np.uint8)[::2], OFFSETS, "data"),
        (DATA, OFFSETS.astype(np.int32), "offsets"),
        (DATA, OFFSETS.astype(np.uint64), "offsets"),
        (DATA, OFFSETS.astype(">i8"), "offsets"),
        (DATA, np.repeat(OFFSETS, 2)[::2], "offsets"),
        (DATA, OFFSETS[:0], "offsets"),
        (DATA, OFFSETS.reshape(1, 3), "offsets"),
        (DATA, np.array([0, 4, 10], np.int64), "offsets"),
        (DATA, np.array([-1, 4, 9], np.int64), "offsets"),
        (DATA, np.array([0, 5, 4, 9], np.int64), "offsets[2]"),
        (DATA, np.array([0, 2**40, 9], np.int64), "offsets[1]"),
        (DATA, np.array([0, -(2**40), 9], np.int64), "offsets[1]"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_before_a_kernel_sees_them(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], argument: str
) -> None:
    with pytest.raises(FingerprintError) as caught:
        FINGERPRINTER.blocks(data, offsets)
    assert caught.value.argument == argument
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(FingerprintError, match=r"texts\[0\].*list"):
        FINGERPRINTER.digests(endless)


def test_a_fingerprinter_goes_to_another_process() -> None:
    made = Fingerprinter(64, 4, 9, mask_digits=True, threads=2)
    sent = pickle.dumps(made)
    assert len(sent) < 1000
    again = pickle.loads(sent)
    assert (again.mask_digits, again.threads) == (True, 2)
    assert (again.signatures(TEXTS) == made.signatures(TEXTS)).all()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("num_perm", 0),
        ("num_perm", 2**20),
        ("num_perm", 12.0),
        ("shingle", 0),
        ("shingle", -3),
        ("seed", -1),
        ("seed", 2**32),
        ("threads", 0),
        ("threads", True),
    ],
)
def test_options_out_of_range_are_refused(option: str, value: object) -> None:
    with pytest.raises(OptionError) as caught:
        Fingerprinter(**{option: value})  # type: ignore[arg-type]
    assert caught.value.option == option


@pytest.mark.parametrize("wanted", [np.ones(2, np.bool_), np.ones(30_000_000, np.bool_), np.ones(1, np.uint8)])
def test_flags_that_are_not_of_the_blocks_do_not_end_the_process(wanted: NDArray[np.bool_]) -> None:
    data, offsets = np.frombuffer(b"page 12 of 3", np.uint8), np.array([0, 12])
    prints = FINGERPRINTER.blocks(data, offsets)
    with pytest.raises(FingerprintError, match="wanted"):
        FINGERPRINTER.masked_digests(data, offsets, prints, wanted)
    with pytest.raises(FingerprintError, match="offsets"):
        FINGERPRINTER.masked_digests(data, np.array([0, 99]), prints, np.ones(1, np.bool_))
