"""Dates as pages write them, to ISO 8601; what is ambiguous is no date."""

from __future__ import annotations

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Final

OLDEST_YEAR: Final = 1990  # no page is older; what says so means something else
NEWEST_YEAR: Final = 2100
_MOST_CHARS: Final = 200
_MOST_ISO: Final = 25  # of a moment in ISO 8601

# Names of months, by number; a name counts by any of its beginnings of three letters or more that is one month's.
# fmt: off
_MONTHS: Final = (
    "january januar janvier enero gennaio janeiro januari tammikuu stycznia ledna januára január ianuarie ocak"
    " января січня януари ιανουαρίου",
    "february februar février febrero febbraio fevereiro februari helmikuu lutego února februára február februarie"
    " şubat февраля лютого февруари φεβρουαρίου",
    "march märz mars marzo março maart marts maaliskuu marca března március martie mart марта березня март"
    " μαρτίου",
    "april avril abril aprile huhtikuu kwietnia dubna apríla április aprilie nisan апреля квітня април απριλίου",
    "may mai mayo maggio maio mei maj toukokuu maja května mája május mayıs мая травня май μαΐου",
    "june juni juin junio giugno junho kesäkuu czerwca června júna június iunie haziran июня червня юни ιουνίου",
    "july juli juillet julio luglio julho heinäkuu lipca července júla július iulie temmuz июля липня юли"
    " ιουλίου",
    "august août agosto augustus elokuu sierpnia srpna augusta augusztus ağustos августа серпня август"
    " αυγούστου",
    "september septembre septiembre settembre setembro syyskuu września září septembra szeptember septembrie eylül"
    " сентября вересня септември σεπτεμβρίου",
    "october oktober octobre octubre ottobre outubro lokakuu października října októbra október octombrie ekim"
    " октября жовтня октомври οκτωβρίου",
    "november novembre noviembre novembro marraskuu listopada listopadu novembra noiembrie kasım ноября"
    " листопада ноември νοεμβρίου",
    "december dezember décembre diciembre dicembre dezembro joulukuu grudnia prosince decembra decembrie aralık"
    " декабря грудня декември δεκεμβρίου",
)
# fmt: on
_NO_LETTERS: Final = bytes(byte for byte in range(128) if not chr(byte).isalpha())
_LEAST_LETTERS: Final = 3
_ABBREVIATED: Final = {"mar": 3, "mrt": 3}  # Finland's marraskuu, November, is never cut that short


def _month_table() -> dict[str, int]:
    table: dict[str, int] = {}
    names = {name: number for number, group in enumerate(_MONTHS, 1) for name in group.split()}
    shared: set[str] = set()
    for name, number in names.items():
        for size in range(_LEAST_LETTERS, len(name)):
            if table.setdefault(name[:size], number) != number:
                shared.add(name[:size])
    for prefix in shared:
        del table[prefix]
    return table | names | _ABBREVIATED


_MONTH: Final = _month_table()
_CROATIAN: Final = {"lip": 6, "srp": 7, "lis": 10, "list": 10, "listopada": 10}  # what is July to November elsewhere
_YMD: Final = re.compile(  # one separator throughout: in `12.3.2024 - 9.15` a time follows
    r"(?<!\d)((?:19|20)\d\d)(?:\s?([-/])\s?(\d{1,2})\s?\2\s?(\d{1,2})|\.(\s?)(\d{1,2})\.\5(\d{1,2})"
    r"|\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2}))(?!\d)"
)
_DMY_DOTS: Final = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.\s?((?:19|20)\d\d)(?!\d)")
_SLASHES: Final = re.compile(r"(?<![\d/])(\d{1,2})([/-])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
_DAY_MONTH: Final = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?[\s-]{0,2}(?:de |of |di |d')?([^\W\d_]{3,12})\.?,?[\s-]{0,2}"
    r"(?:de |del |of |г\. )?((?:19|20)\d\d)(?!\d)"
)
_MONTH_DAY: Final = re.compile(
    r"(?<![^\W\d_])([^\W\d_]{3,12})\.?\s{0,2}(\d{1,2})(?:st|nd|rd|th)?\.?,?\s{1,3}(?:at )?((?:19|20)\d\d)(?!\d)"
)
_BEFORE_TIME: Final = frozenset("T ")
_WRITTEN: Final = re.compile(r"(....-..-..T\d\d:\d\d:\d\d)(Z|(?!-00:00)[+-]\d\d:[0-5]\d)?")
_COMPACT: Final = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?:[T ]?\d{4,6}Z?)?")
_URL: Final = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2]|[1-9](?=[/-]))[/-]?([0-3]\d|[1-9](?=/))(?=[/_.-]|$)")
_SUBMINUTE: Final = re.compile(r"(\.\d{1,6})\d*")
_CHANGES: Final = (
    *("modified", "updated", "last update", "revised", "aktualisiert", "geändert", "stand:", "mis à jour", "modifié"),
    *("actualizad", "atualizad", "aggiornat", "bijgewerkt", "zaktualizowan", "обновлен", "更新", "수정"),
)
_CHANGED: Final = re.compile("|".join(_CHANGES), re.IGNORECASE)
_FIRST: Final = re.compile(
    r"publi|posted|created|veröffentlicht|erstellt|опубликован|geplaatst|pubblicat|opublikowan|发布|發佈|公開|입력",
    re.IGNORECASE,
)
_MONTH_FIRST: Final = frozenset(("us", "ph", "fm", "pw", "mh"))  # regions that write the month before the day
_EITHER_FIRST: Final = ("en", "ca")
_LETTERS_OF_REGION: Final = 2


def iso(text: str, lang: str | None = None) -> str | None:
    """The date, or the moment, that a text holds; None where it holds none or an ambiguous one.

    Args:
        text: as the page writes it, such as `2024-03-09T10:00:00Z`, `Sat, 09 Mar 2024 …`, `9. März 2024`.
        lang: the page's BCP 47 tag, which tells what `03/09/2024` means.
    """
    text = text[:_MOST_CHARS].strip()
    if not text:
        return None
    if text[10:11] in _BEFORE_TIME and text[13:14] == ":" and text[4] == text[7] == "-":
        moment = _moment(text)
        if moment is not None:
            return moment
    if text[:3].isalpha() and "," in text[:5]:
        try:
            sent = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            pass
        else:
            return sent.isoformat() if OLDEST_YEAR <= sent.year < NEWEST_YEAR else None
    return _day(text, lang)


def of_url(url: str) -> tuple[str, str] | None:
    """The date in a URL's path, and the part that says it."""
    path = url.partition("://")[2].partition("?")[0]
    found = _URL.search(path)
    day = found and _valid(found[1], found[2], found[3])
    return (day, found[0]) if found and day else None


def is_month(word: str) -> bool:
    """Whether a word is the name of a month, or the beginning of one's."""
    return word.casefold() in _MONTH


def holds_little_else(text: str, most: int) -> bool:
    """Whether a short text is dates and at most so many other letters."""
    if len(text) > _MOST_CHARS:
        return False
    rest = text
    has_dot, has_slash = _dot_and_slash(text)
    if has_dot or has_slash or not text.isascii():
        rest = _SLASHES.sub("", _DMY_DOTS.sub("", _YMD.sub("", rest)))
    rest = _MONTH_DAY.sub("", _DAY_MONTH.sub("", rest))
    return len(rest) < len(text) and _letters(rest) <= most


def _letters(text: str) -> int:
    """How many letters a text has."""
    return len(text.encode().translate(None, _NO_LETTERS)) if text.isascii() else sum(map(str.isalpha, text))


def says_modified(text: str) -> bool:
    """Whether a line speaks of a change rather than of the first version, and of nothing else."""
    return _speaks_of_change(text) and _FIRST.search(text) is None


def says_both(text: str) -> bool:
    """Whether a line speaks of the first version and of a change."""
    return _speaks_of_change(text) and _FIRST.search(text) is not None


def first_version(text: str) -> str:
    """The part of a line that tells when something first appeared, where it tells of changes too."""
    if len(text) <= _MOST_ISO and text.isascii() and text[:4].isdigit():  # a moment as machines write it
        return text
    first = _FIRST.search(text) if _speaks_of_change(text) else None
    return text[first.start() :] if first else text


def _speaks_of_change(text: str) -> bool:
    if text.isascii():
        return any(map(text.lower().__contains__, _CHANGES))  # many times as fast as a search without regard to case
    return _CHANGED.search(text) is not None


def _moment(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _loose_moment(text)
    return _in_iso(moment, text) if OLDEST_YEAR <= moment.year < NEWEST_YEAR else None


def _in_iso(moment: datetime, text: str) -> str:
    """A moment in ISO 8601, given how it is written: mostly just so, which spares writing it anew."""
    written = _WRITTEN.fullmatch(text)
    if not written:
        return moment.isoformat()
    return written[1] + "+00:00" if written[2] == "Z" else text


def _loose_moment(text: str) -> str | None:
    """A moment that is written nearly as ISO 8601 has it."""
    text = _SUBMINUTE.sub(r"\1", text.partition(" (")[0].replace(" UTC", "Z").replace(" GMT", "Z").strip())
    if " " in text[11:]:
        text = text[:11] + text[11:].replace(" ", "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.isoformat() if OLDEST_YEAR <= moment.year < NEWEST_YEAR else None


def _day(text: str, lang: str | None) -> str | None:
    has_dot, has_slash = _dot_and_slash(text)
    if (has_dot or has_slash or not text.isascii()) and (found := _YMD.search(text)):
        return _valid(found[1], found[3] or found[6] or found[8], found[4] or found[7] or found[9])
    if has_dot and (found := _DMY_DOTS.search(text)):
        return _valid(found[3], found[2], found[1])
    for found in _DAY_MONTH.finditer(text):
        if month := _month(found[2], lang):
            return _valid(found[3], month, found[1])
    for found in _MONTH_DAY.finditer(text):
        if month := _month(found[1], lang):
            return _valid(found[3], month, found[2])
    if has_slash and (found := _SLASHES.search(text)):
        return _slashed(int(found[1]), int(found[3]), found[4], lang)
    if text[0].isdigit() and (found := _COMPACT.fullmatch(text)):
        return _valid(found[1], found[2], found[3])
    return None


def _dot_and_slash(text: str) -> tuple[bool, bool]:
    """Whether a text has what stands between the numbers of a date: full stops, and slashes or dashes."""
    return "." in text, "/" in text or "-" in text


def _slashed(first: int, second: int, year: str, lang: str | None) -> str | None:
    language, *parts = (lang or "").lower().split("-")
    region = next((part for part in parts if len(part) == _LETTERS_OF_REGION), "")
    if first > 12 or first == second:
        return _valid(year, second, first)
    if second > 12 or region in _MONTH_FIRST:
        return _valid(year, first, second)
    if (region or (language and language != "en")) and (language, region) != _EITHER_FIRST:
        return _valid(year, second, first)
    return None


def _month(name: str, lang: str | None) -> int | None:
    folded = name.casefold()
    if lang and lang[:2].lower() == "hr" and (month := _CROATIAN.get(folded)):
        return month
    return _MONTH.get(folded)


def _valid(year: str, month: str | int, day: str | int) -> str | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found.isoformat() if OLDEST_YEAR <= found.year < NEWEST_YEAR else None
