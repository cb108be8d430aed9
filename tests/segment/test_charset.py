"""Bytes are read in the encoding that their page is written in."""

from __future__ import annotations

import pytest

from dedup.errors import UnsupportedInputError
from dedup.segment.charset import decode

CHINESE = "中文页面测试，这是一个没有声明编码的网页。我们希望能够正确识别它的内容。"
RUSSIAN = "Привет, это страница без объявленной кодировки, и её надо прочитать правильно."


def read(data: str | bytes, content_type: str | None = None) -> str:
    return decode(data, field="html", content_type=content_type).utf8.decode()


@pytest.mark.parametrize(
    ("data", "content_type", "expected"),
    [
        ("<p>é".encode(), None, "<p>é"),
        (b"\xef\xbb\xbf<p>x", None, "<p>x"),
        ("\ufeff<p>é".encode("utf-16-le"), None, "<p>é"),
        ("\ufeff<p>é".encode("utf-16-be"), None, "<p>é"),
        ("é".encode("cp1252"), "text/html; charset=ISO-8859-1", "é"),
        ("<meta charset=gbk>中".encode("gbk"), None, "<meta charset=gbk>中"),
        (b'<meta http-equiv=Content-Type content="text/html; charset=koi8-r">' + "да".encode("koi8-r"), None, None),
        ("<meta charset=utf-8>é".encode("cp1252"), None, "<meta charset=utf-8>\ufffd"),
        (CHINESE.encode("gb18030"), None, CHINESE),
        (RUSSIAN.encode("cp1251"), None, RUSSIAN),
        (b"caf\xe9", None, "café"),
        ("<meta charset=gbk>é", None, "<meta charset=gbk>é"),
        (b"<meta charset=nonsense>\xe9", None, "<meta charset=nonsense>é"),
        (b"", None, ""),
    ],
)
def test_encodings_are_found_where_browsers_look(
    data: str | bytes, content_type: str | None, expected: str | None
) -> None:
    text = read(data, content_type)
    assert text == expected if expected is not None else text.endswith("да")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (bytes(range(256)) * 20, "binary data"),
        (b"\x00\x01\x02\x03" * 500, "binary data"),
    ],
)
def test_binary_files_are_refused_by_name_instead_of_read_as_text(data: bytes, name: str) -> None:
    with pytest.raises(UnsupportedInputError, match=name):
        read(data)


def test_nul_bytes_in_a_page_do_not_make_it_binary() -> None:
    assert read(b"<html><p>a\x00b\x00c" + b"\x00" * 30 + b"</p>").startswith("<html>")
