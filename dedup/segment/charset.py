"""Bytes to UTF-8, by the rules browsers follow (https://encoding.spec.whatwg.org/, HTML standard 13.2.3)."""

from __future__ import annotations

import codecs
import re
from functools import cache
from typing import Final, NamedTuple

import charset_normalizer
import numpy as np
import numpy.typing as npt

from dedup.errors import UnsupportedInputError
from dedup.segment.charset_kernels import LARGEST, encode_text, is_utf8
from dedup.segment.xhtml import as_html

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What a page without a mark begins with, as `<` and the character after it are written.
_WIDE_STARTS: Final = (
    (re.compile(rb"(?:[\t\n\r ]\0\0\0){0,99}<\0\0\0[!?/a-zA-Z]\0\0\0"), "utf-32-le"),
    (re.compile(rb"(?:\0\0\0[\t\n\r ]){0,99}\0\0\0<\0\0\0[!?/a-zA-Z]"), "utf-32-be"),
    (re.compile(rb"(?:[\t\n\r ]\0){0,99}<\0[!?/a-zA-Z]\0"), "utf-16-le"),
    (re.compile(rb"(?:\0[\t\n\r ]){0,99}\0<\0[!?/a-zA-Z]"), "utf-16-be"),
)
_META: Final = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([a-zA-Z0-9_.:-]{2,40})", re.IGNORECASE
)
_XML: Final = re.compile(rb"^\s{0,9}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([a-zA-Z0-9_.:-]{2,40})")
_HEADER: Final = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_COMMENT: Final = re.compile(rb"<!-(?=-).*?(?:-->|\Z)", re.DOTALL)
_PROLOGUE: Final = 4096  # bytes in which a declaration counts; browsers look at the first 1024
_HEAD: Final = 65536  # bytes in which it counts where nothing else tells: browsers begin anew at one that comes late
_SAMPLE: Final = 8192  # bytes that detection looks at where nothing is declared
_CONTROLS: Final = bytes(set(range(9)) | set(range(14, 27)) | {28, 29, 30, 31})
_MOST_CONTROLS: Final = 0.02  # share of control characters that still passes for text

# What the labels of pages mean, where Python's codec of that name is narrower than the browsers' reading.
_SUPERSETS: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
}
# What browsers call a charset and Python does not, beside a leading `x-`.
_LABELS: Final = {
    label: codec
    for codec, labels in {
        "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8",
        "utf-16-le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff",
        "utf-16-be": "unicodefffe",
        "iso8859-6": "csiso88596e csiso88596i iso-8859-6-e iso-8859-6-i",
        "iso8859-7": "sun_eu_greek",
        "iso8859-8": "csiso88598e csiso88598i iso-8859-8-e iso-8859-8-i logical visual",
        "iso8859-15": "csisolatin9",
        "koi8-r": "koi koi8",
        "koi8-u": "koi8-ru",
        "mac-roman": "csmacintosh mac",
        "mac-cyrillic": "mac-ukrainian",
        "cp874": "dos-874 windows-874",
        "gb18030": "csgb2312 gb_2312 gb_2312-80",
        "big5": "cn-big5 x-big5",
        "cp932": "windows-31j",
        "euc_jp": "cseucpkdfmtjapanese",
        "cp949": "cseuckr csksc56011987 iso-ir-149 ks_c_5601-1989 ksc_5601 windows-949",
    }.items()
    for label in labels.split()
}
_ISO_8859: Final = re.compile(r"^iso8859(?=[0-9])")
_UNITS_OF_SEVERAL_BYTES: Final = ("utf-16", "utf-32")
# What Python takes for encodings of text and no page is written in: some raise whatever they are told about errors, and
# UTF-7 and escapes would read markup where there is none.
_NO_CHARSETS: Final = frozenset(
    ("charmap", "idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7")
)
_WIDE: Final = frozenset(("utf-8", "gb18030", "big5hkscs", "cp932", "cp949", "euc_jp", "euc_kr"))
_ASCII: Final = bytes(range(128))
_LEAST_SAMPLE: Final = 24  # bytes beyond ASCII that statistics need
_MOSTLY: Final = 4  # characters of UTF-8 beyond ASCII for each place that is none: no other encoding looks so
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_LEAST_KANA: Final = 0.2  # share of them in Japanese; Chinese has none
_CANDIDATES: Final = (
    *("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "gb18030"),
    *("big5hkscs", "cp932", "euc_jp", "cp949"),
)
_SIGNATURES: Final = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "gzip data (decompress it first)"),
    (b"\x28\xb5\x2f\xfd", "zstd data (decompress it first)"),
    (b"\x7fELF", "an executable"),
    (b"MZ\x90\x00", "an executable"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"wOF2", "a font"),
)
_RIFF: Final = re.compile(rb"RIFF.{4}(?:WAVE|WEBP|AVI )", re.DOTALL)


class Decoded(NamedTuple):
    """A page in UTF-8, and how it came to be.

    Attributes:
        utf8: the page; undecodable bytes are replaced by U+FFFD.
        encoding: Python's name of the codec that its bytes were read by; None where it came as `str`.
        mark: bytes, or characters, of the byte order mark before it.
        is_same: whether the input's bytes are those of `utf8`, after the mark, each in its place.
    """

    utf8: bytes
    encoding: str | None
    mark: int
    is_same: bool = False

    @property
    def is_single_byte(self) -> bool:
        """Whether each byte of the input, after the mark, is one character."""
        return self.encoding is not None and _is_single_byte(self.encoding)


def decode(data: str | bytes, *, field: str, content_type: str | None = None) -> Decoded:
    """Read the input.

    A byte order mark counts first, or NULs as a wide encoding puts them around the first tag, then the charset of the
    content type, then a declaration at the top of an HTML page, then whether the bytes are UTF-8, then a declaration
    further down, then whether most of them are UTF-8, then detection. A `str` was decoded by the caller; what it
    declares is not believed.

    Raises:
        UnsupportedInputError: the bytes are an image, an archive or other binary data.
    """
    decoded = _decode(data, field, content_type)
    if field != "html":
        return decoded
    return decoded._replace(utf8=as_html(decoded.utf8, content_type))


def _decode(data: str | bytes, field: str, content_type: str | None) -> Decoded:
    if isinstance(data, str):
        plain = data.removeprefix("\ufeff")
        return Decoded(_encode(plain), None, len(data) - len(plain))
    for mark, marked in _MARKS:
        if data.startswith(mark):
            rest = data[len(mark) :]
            utf8 = _recode(rest, marked)
            return Decoded(utf8, marked, len(mark), utf8 == rest)
    for start, wide in _WIDE_STARTS:
        if start.match(data):
            return Decoded(_recode(data, wide), wide, 0)
    _refuse_formats(data, field)
    encoding = _announced(data, content_type)
    if encoding is None or not encoding.startswith(_UNITS_OF_SEVERAL_BYTES):
        _refuse_controls(data, field)
    is_page = field == "html"  # a text that speaks of declarations makes none
    encoding = encoding or (_declared(data, _PROLOGUE) if is_page else None)
    if encoding == "utf-8" or encoding is None:
        if is_utf8(np.frombuffer(data, np.uint8)):
            return Decoded(data, "utf-8", 0, is_same=True)
        encoding = encoding or (_declared(data, _HEAD) if is_page else None) or _detect(data)
    return Decoded(_recode(data, encoding), encoding, 0)


@cache
def _is_single_byte(encoding: str) -> bool:
    read = bytes(range(256)).decode(encoding, errors="replace")
    switches = read[128:] == "\ufffd" * 128  # to what its bytes mean, by escapes in ASCII
    return len(read) == 256 and encoding not in _WIDE and not switches


def _recode(data: bytes, encoding: str) -> bytes:
    return _encode(data.decode(encoding, errors="replace"))


def encode(text: str) -> npt.NDArray[np.uint8]:
    """UTF-8 of a string, a question mark for each lone surrogate, as an array that may be written to."""
    utf8 = np.empty(LARGEST * len(text), np.uint8)
    return utf8[: encode_text(text, utf8)]


def _encode(text: str) -> bytes:
    return text.encode() if text.isascii() else encode(text).tobytes()


def _announced(data: bytes, content_type: str | None) -> str | None:
    """The charset of the content type; of those with NULs around each sign of ASCII, not where all is UTF-8 without."""
    header = _HEADER.search(content_type) if content_type else None
    encoding = _codec(header.group(1)) if header else None
    if encoding and encoding.startswith(_UNITS_OF_SEVERAL_BYTES):
        return "utf-8" if b"\0" not in data and is_utf8(np.frombuffer(data, np.uint8)) else encoding
    return encoding


def _declared(data: bytes, most: int) -> str | None:
    """What a page says in its first bytes; one that can say so in ASCII is neither UTF-16 nor UTF-32."""
    beginning = _COMMENT.sub(b"", data[:most])
    for pattern in (_XML, _META):
        found = pattern.search(beginning)
        if found and (encoding := _codec(found.group(1).decode("ascii"))):
            return "utf-8" if encoding.startswith(_UNITS_OF_SEVERAL_BYTES) else encoding
    return None


def _codec(label: str) -> str | None:
    label = _ISO_8859.sub("iso8859-", label.lower().removeprefix("x-"))
    try:
        codec = codecs.lookup(_LABELS.get(label, label))
    except LookupError:
        return None
    if not codec._is_text_encoding or codec.name in _NO_CHARSETS:  # noqa: SLF001  (as bytes.decode tells them apart)
        return None
    return _SUPERSETS.get(codec.name, codec.name)


def _detect(data: bytes) -> str:
    """Undeclared and not UTF-8 in all places: by statistics where there is enough to count, else as browsers do."""
    first = len(data) - len(data.lstrip(_ASCII))
    sample = data[first : first + _SAMPLE]
    if _is_mostly_utf8(sample):
        return "utf-8"
    if len(sample.translate(None, _ASCII)) < _LEAST_SAMPLE:
        return "cp1252"
    guess = charset_normalizer.from_bytes(
        sample, steps=3, chunk_size=1024, threshold=0.3, cp_isolation=list(_CANDIDATES)
    ).best()
    encoding = (_codec(guess.encoding) if guess else None) or "cp1252"
    return "euc_jp" if encoding == "gb18030" and _is_japanese(sample) else encoding


def _is_japanese(sample: bytes) -> bool:
    """Whether what may be Chinese in GB 18030 is Japanese in EUC-JP: kana are the same bytes in both."""
    text = sample.translate(None, _ASCII).decode("euc_jp", errors="ignore")
    return len(_KANA.findall(text)) > _LEAST_KANA * len(text)


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether it is UTF-8 that was cut within a character, or has a few other bytes in it."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)  # which leaves out a character that is cut
    broken = text.count("\ufffd") - sample.count("\ufffd".encode())
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return beyond_ascii - broken > _MOSTLY * broken


def _refuse_formats(data: bytes, field: str) -> None:
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            raise UnsupportedInputError(field, name)
    if _RIFF.match(data):
        raise UnsupportedInputError(field, "audio, video or an image")


def _refuse_controls(data: bytes, field: str) -> None:
    sample = data[:_PROLOGUE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    looks_wide = sample.count(0) > len(sample) // 3  # UTF-16 without its mark, or a tag first, is not guessed at
    if controls > _MOST_CONTROLS * len(sample) and (looks_wide or controls > 8) and not _is_markup_with_nul(sample):
        raise UnsupportedInputError(field, "binary data")


def _is_markup_with_nul(sample: bytes) -> bool:
    """Some servers send pages with NUL bytes in them; browsers skip these, and so do we."""
    stripped = sample.replace(b"\x00", b"")
    rest = len(stripped) - len(stripped.translate(None, _CONTROLS))
    return rest <= _MOST_CONTROLS * len(sample) and b"<" in stripped
