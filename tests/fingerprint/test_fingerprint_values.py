"""Every value equals the plain Python version's, and datasketch's."""

from __future__ import annotations

import random
import unicodedata

import fingerprint_oracle as oracle
import numpy as np
import pytest
import xxhash
from fingerprint_corpus import random_texts
from hypothesis import given
from hypothesis import strategies as st

from dedup.fingerprint import Fingerprinter

ASSIGNED = sorted(oracle.assigned_characters())
ASSIGNED_SET = frozenset(ASSIGNED)

EXAMPLES = {
    "english": ("The QUICK brown fox's 2nd jump—well, 3.5 m!", "the quick brown fox s 2nd jump well 3 5 m"),
    "german": ("Straße, STRASSE und Füße", "strasse strasse und füsse"),
    "french, decomposed": ("De\u0301ja\u0300 vu, l\u2019e\u0301te\u0301", "déjà vu l été"),
    "turkish capital": ("İstanbul", "i\u0307stanbul"),
    "greek final sigma": ("ΟΔΥΣΣΕΎΣ Οδυσσεύς", "οδυσσεύσ οδυσσεύσ"),
    "polytonic greek": ("ᾳ ΐ", "αι \u03b9\u0308\u0301"),
    "ligatures": ("ﬁne ﬆop", "fine stop"),
    "russian": ("Съешь ЕЩЁ этих булок", "съешь ещё этих булок"),
    "arabic with vowels": ("السَّلَامُ عَلَيْكُم،", "السَّلَامُ عَلَيْكُم"),
    "hebrew points out of order": ("ש\u05c1\u05bcלום", "ש\u05bc\u05c1לום"),
    "hindi": ("हिन्दी में लिखा है।", "हिन्दी में लिखा है"),
    "hindi, excluded from composition": ("क़लम", "क\u093cलम"),
    "bengali": ("বাংলা ভাষা কো", "বাংলা ভাষা কো"),
    "tamil, split vowel": ("கொ க\u0bc6\u0bbe", "கொ கொ"),
    "thai": ("ภาษาไทย ที่นี่ ๑๒", "ภ า ษ า ไ ท ย ที่ นี่ ๑ ๒"),
    "khmer": ("ភាសា", "ភា សា"),
    "burmese": ("မြန်မာ", "မြ န် မာ"),
    "chinese": ("我们在北京，2024年。", "我 们 在 北 京 2024 年"),
    "chinese numerals and iteration": ("二〇二四 人々", "二 〇 二 四 人 々"),
    "japanese": ("スーパーへ行くiPhoneを", "ス ー パ ー へ 行 く iphone を"),
    "half-width katakana": ("ｽｰﾊﾟ", "ｽ ｰ ﾊ ﾟ"),
    "korean": ("한국어 문장", "한국어 문장"),
    "korean, decomposed": ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
    "full-width latin": ("ＡＢＣ１２", "ａｂｃ１２"),
    "emoji": ("ok 👍🏽 👨\u200d👩\u200d👧 go", "ok go"),
    "private use and unassigned": ("a\ue000b\u0378c", "a b c"),
    "a mark alone": ("\u0301a ,\u0301,", "\u0301a \u0301"),
    "controls": ("a\x00b\x07c\td\r\ne", "a b c d e"),
    "nothing but marks of punctuation": ("… — !?", ""),
    "empty": ("", ""),
    "one word": ("word", "word"),
}


@pytest.mark.parametrize(("text", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_what_a_token_is_in_each_script(text: str, expected: str) -> None:
    assert Fingerprinter().normalised(text).decode() == expected
    assert oracle.normalised(text).decode() == expected


def test_ten_thousand_random_texts_agree_in_every_value() -> None:
    texts = random_texts(random.Random(14), 10_000)
    fingerprinter = Fingerprinter()
    signatures = fingerprinter.signatures(texts)
    digests = fingerprinter.digests(texts)
    counts = fingerprinter.token_counts(texts)
    hashes, offsets = fingerprinter.shingle_hashes(texts)
    sign = oracle.signer(128, 1)
    for index, text in enumerate(texts):
        shingles = oracle.shingles(text, 5)
        words = oracle.tokens(text)
        assert signatures[index].tolist() == sign(shingles).tolist(), ascii(text)
        assert digests[index] == xxhash.xxh3_64_intdigest(" ".join(words).encode()), ascii(text)
        assert counts[index] == len(words), ascii(text)
        expected = sorted({xxhash.xxh32_intdigest(shingle) for shingle in shingles})
        assert hashes[offsets[index] : offsets[index + 1]].tolist() == expected, ascii(text)


def test_every_character_alone_is_normalised_as_python_does() -> None:
    characters = oracle.assigned_characters()
    expected = [xxhash.xxh3_64_intdigest(oracle.normalised(character)) for character in characters]
    assert Fingerprinter().digests(characters).tolist() == expected


@given(st.text(st.sampled_from(ASSIGNED)))
def test_any_text_agrees(text: str) -> None:
    fingerprinter = Fingerprinter(shingle=2)
    assert fingerprinter.normalised(text) == oracle.normalised(text)
    assert fingerprinter.shingles(text) == oracle.shingles(text, 2)


@given(st.text(alphabet="aZ09 ,é一ก\u0301", max_size=200))
def test_what_meets_at_the_border_of_sixty_four_bytes_agrees(text: str) -> None:
    padded = [text + "\0" * 64, text]  # inside a buffer, and at its end
    for mask_digits in (False, True):
        expected = xxhash.xxh3_64_intdigest(oracle.normalised(text, mask_digits=mask_digits))
        assert Fingerprinter(mask_digits=mask_digits).digests(padded).tolist() == [expected, expected]


def test_texts_that_unicode_calls_equal_have_equal_fingerprints() -> None:
    texts = random_texts(random.Random(15), 500)
    decomposed = [unicodedata.normalize("NFD", text) for text in texts]
    fingerprinter = Fingerprinter()
    assert (fingerprinter.digests(texts) == fingerprinter.digests(decomposed)).all()


def test_a_mark_behind_any_composed_character_is_put_in_its_place() -> None:
    """Its parts may have to part again: alef with hamza above, and a hamza below, is alef with hamza below first."""
    composed = [character for character in ASSIGNED if unicodedata.normalize("NFD", character) != character]
    marks = sorted({unicodedata.normalize("NFD", character)[-1] for character in composed})
    texts = [character + mark for character in composed if ord(character) < 0x3000 for mark in marks]
    expected = [xxhash.xxh3_64_intdigest(oracle.normalised(text)) for text in texts]
    assert Fingerprinter().digests(texts).tolist() == expected


@pytest.mark.parametrize("marks", [31, 32, 33, 5000])
def test_marks_heaped_on_one_letter_are_put_in_order(rng: random.Random, marks: int) -> None:
    heap = [character for character in ASSIGNED if unicodedata.combining(character)]
    text = "e" + "".join(rng.choices(heap, k=marks)) + " next"
    assert Fingerprinter().normalised(text) == oracle.normalised(text)


@pytest.mark.parametrize("num_perm", [1, 63, 64, 65, 100, 128, 1024])
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_signatures_equal_those_of_datasketch_for_any_number_of_permutations(num_perm: int, seed: int) -> None:
    texts = ["a rose is a rose is a rose is a rose", "one", ""]
    signatures = Fingerprinter(num_perm, 3, seed).signatures(texts)
    sign = oracle.signer(num_perm, seed)
    assert signatures.tolist() == [sign(oracle.shingles(text, 3)).tolist() for text in texts]


@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 31, 40, 300])
def test_hashes_equal_those_of_xxhash_for_shingles_of_any_size(rng: random.Random, size: int) -> None:
    """Long and short tokens, so that a group of shingles takes the vectors, the single hash, or each in turn."""
    words = ["x" * rng.choice([1, 2, 3, 5, 8, 13, 60, 250, 1100]) + str(number) for number in range(120)]
    text = " ".join(words)
    assert Fingerprinter(shingle=size).shingle_hashes([text]).values.tolist() == oracle.shingle_hashes(text, size)


def test_digests_equal_those_of_xxhash_at_every_length() -> None:
    texts = ["é" * (length // 2) + "a" * (length % 2) for length in (*range(1200), 2047, 2048, 2049, 100_000)]
    expected = [xxhash.xxh3_64_intdigest(text.encode()) for text in texts]
    assert Fingerprinter().digests(texts).tolist() == expected


def test_numbers_are_masked_where_asked() -> None:
    fingerprinter = Fingerprinter(mask_digits=True)
    assert (
        fingerprinter.normalised("On 12 May 2024, 1,234 m2 abc123def45 Ⅷ ๑๒ 三")
        == "on 0 may 0 0 0 m0 abc0def0 0 0 0 三".encode()
    )


@given(st.text(alphabet="a1٣Ⅷ๑一² ,\u0301", max_size=150))
def test_masked_numbers_agree(text: str) -> None:
    assert Fingerprinter(mask_digits=True).normalised(text) == oracle.normalised(text, mask_digits=True)


@given(st.lists(st.text(alphabet="a1٣Ⅷ一²¾ ,\u0301\xa0é’“ж½", max_size=20), max_size=8))
def test_masked_digests_of_wanted_blocks_are_those_of_their_texts(texts: list[str]) -> None:
    """The digest of what a page keeps must not depend on what stands between, nor on a short cut for plain text."""
    encoded = [text.encode() for text in texts]
    data = np.frombuffer(bytearray(b"".join(encoded)), np.uint8)
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    wanted = np.arange(len(texts)) % 3 != 1
    masking = Fingerprinter(mask_digits=True)
    prints = Fingerprinter().blocks(data, offsets)
    counted = wanted & (prints.token_counts > 0)
    found = masking.masked_digests(data, offsets, prints, wanted)
    assert found.tolist() == masking.digests(texts)[counted].tolist()


def test_every_character_of_a_block_without_numbers_is_masked_as_itself() -> None:
    """A digest that took a number for a letter would call a page edited whenever a counter moves."""
    texts = [f"a{character} b" for character in map(chr, range(0x20, 0x3000)) if character in ASSIGNED_SET]
    encoded = [text.encode() for text in texts]
    data = np.frombuffer(bytearray(b"".join(encoded)), np.uint8)
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    masking = Fingerprinter(mask_digits=True)
    prints = Fingerprinter().blocks(data, offsets)
    found = masking.masked_digests(data, offsets, prints, np.ones(len(texts), np.bool_))
    assert found.tolist() == masking.digests(texts).tolist()


def test_too_few_tokens_are_one_shingle_and_none_are_the_empty_set() -> None:
    fingerprinter = Fingerprinter(num_perm=16)
    assert fingerprinter.shingles("Two words") == [b"two words"]
    assert fingerprinter.shingles("…") == []
    assert fingerprinter.token_counts(["Two words", "…"]).tolist() == [2, 0]
    assert fingerprinter.signatures(["…"]).tolist() == [[2**32 - 1] * 16]
    assert np.diff(fingerprinter.shingle_hashes(["Two words", "…", "a"]).offsets).tolist() == [1, 0, 1]


def test_values_stay_what_they_were() -> None:
    """Stored fingerprints are compared with new ones: who changes these changes `NORMALISATION` or `SCHEME`."""
    text = "Ein Absatz über Äpfel, ๒ ผล และ 三个苹果; 1½ кг."
    fingerprinter = Fingerprinter()
    assert fingerprinter.digests([text, ""]).tolist() == [8446787001650813111, 3244421341483603138]
    assert fingerprinter.signatures([text])[0, :4].tolist() == [274219080, 283776775, 230436792, 44802865]
    assert fingerprinter.shingle_hashes([text]).values[:4].tolist() == [406080243, 871769901, 947539463, 953778742]


def test_the_estimate_errs_as_theory_says() -> None:
    """The root of the mean squared error over many pairs is sqrt(J (1 - J) / num_perm), within five per cent."""
    generator = random.Random(5)
    left, right = [], []
    for _ in range(4000):
        words = [f"w{number}" for number in generator.sample(range(10**6), 150)]
        left.append(" ".join(words[:100]))
        right.append(" ".join(words[50:]))
    fingerprinter = Fingerprinter(num_perm=128, shingle=1)
    estimates = (fingerprinter.signatures(left) == fingerprinter.signatures(right)).mean(axis=1)
    jaccard = 50 / 150
    error = float(np.sqrt(((estimates - jaccard) ** 2).mean()))
    theory = (jaccard * (1 - jaccard) / 128) ** 0.5
    assert error == pytest.approx(theory, rel=0.05)
    assert float(estimates.mean()) == pytest.approx(jaccard, abs=3 * theory / 4000**0.5)
