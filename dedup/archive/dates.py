"""The dates of records, as archives and rows write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MOST_CHARS: Final = 100  # no date is longer; what is done to one takes time by the square of its length
_BEGINNING: Final = "00000101000000"  # of what the end of a date leaves open
_DATE_DIGITS: Final = frozenset({4, 6, 8, 12, 14})  # ten of them are seconds
_SECONDS: Final = re.compile(r"-?\d{9,10}(?:\.\d*)?", re.ASCII)
_MONTH: Final = re.compile(r"\d{4}-\d\d", re.ASCII)
_ZONE_NAME: Final = re.compile(r"\s*(?:UTC|GMT)$")
_ZONE_APART: Final = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)", re.ASCII)


def read_date(date: str | None) -> datetime | None:
    """The moment that a date names, in UTC; None where it is none, or in no form that is known.

    ISO 8601, with a fraction and an offset or without, from the year on as far as it goes; the 14 digits of WARC and
    CDX, likewise; RFC 2822, as HTTP and e-mail write dates; seconds since 1970, or milliseconds. What names no zone is
    UTC.
    """
    date = date.strip() if date else ""
    if not 0 < len(date) <= _MOST_CHARS:
        return None
    try:
        found = _read(date)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def microseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def _read(date: str) -> datetime:
    """The same, in the zone that it is written in.

    Raises:
        ValueError: there is none; so does OverflowError say.
    """
    if date.isdecimal():
        return _of_digits(date)
    try:
        return datetime.fromisoformat(date)
    except ValueError:
        return _read_other(date)


def _of_digits(digits: str) -> datetime:
    size = len(digits)
    if size in _DATE_DIGITS:
        whole = digits + _BEGINNING[size:]
        return datetime.fromisoformat(f"{whole[:8]}T{whole[8:]}")
    if size == 17:
        return datetime.fromisoformat(f"{digits[:8]}T{digits[8:14]}.{digits[14:]}")
    if size == 13:
        return _EPOCH + timedelta(milliseconds=int(digits))
    return _of_seconds(digits)


def _of_seconds(number: str) -> datetime:
    if not _SECONDS.fullmatch(number):
        raise ValueError(number)
    return datetime.fromtimestamp(float(number), UTC)


def _read_other(date: str) -> datetime:
    """What the library takes for no ISO 8601: a month, a zone by name or behind a space, e-mail's dates, seconds."""
    if _MONTH.fullmatch(date):
        return datetime.fromisoformat(f"{date}-01")
    if _SECONDS.fullmatch(date):
        return _of_seconds(date)
    try:
        return datetime.fromisoformat(_ZONE_APART.sub("", _ZONE_NAME.sub("", date)))
    except ValueError:
        return parsedate_to_datetime(date)
