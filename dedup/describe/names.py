"""Names of authors, from what pages say of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from dedup.describe.dates import is_month

_MOST_CHARS: Final = 80  # of a name
_MOST_WORDS: Final = 6
_MOST_NAMES: Final = 20
_MOST_BYLINE: Final = 300
_LEAST_CAPITALS: Final = 3
_PARTICLES: Final = frozenset(
    ["de", "van", "von", "der", "den", "del", "da", "di", "la", "le", "bin", "al", "el", "ten", "ter"]
)

# What stands before names: "By", "von", "作者" …, the words after something that was done ("written by").
DONE_WORDS: Final = (
    *("written", "posted", "published", "reported", "reviewed", "submitted", "updated", "edited", "created"),
    *("story", "text", "words", "post", "article", "geschrieben", "verfasst", "publicado", "escrito", "publié"),
    *("rédigé", "opublikował", "artikel", "beitrag", "bericht", "recipe", "rezept", "interview"),
)
BY_WORDS: Final = (
    *("by", "von", "par", "por", "di", "door", "av", "af", "kirjoittanut", "oleh", "yazan", "από", "ของ"),
    *("autor", "author", "authors", "auteur", "autore", "автор"),
)
LABELS: Final = (
    "作者(?![单單]位)",
    "文／",
    "文/",
    "文:",
    "文：",
    "記者",
    "记者",
    "編輯",
    "编辑",
    "撰文",
    "글",
    "기자",
)
_BY: Final = re.compile(
    rf"^\W*(?:(?:(?:{'|'.join(DONE_WORDS)}|ein(?:e|) \w{{1,20}})\s+)?(?:{'|'.join(BY_WORDS)})\b|{'|'.join(LABELS)})"
    r"\s*[:：|]?\s*",
    re.IGNORECASE,
)
_SPLIT: Final = re.compile(
    r"\s*(?:[,;](?:\s*(?-i:and|und|et|og|och|y|e|with|&)\s)?|[|/、·•–—\n]|\s-\s"
    r"|\s(?:and|und|et|y|e|en|og|och|i|ja|and by|with|&|и|和)\s|&)\s*",
    re.IGNORECASE,
)
_AFTER: Final = re.compile(  # what follows a name and is none
    r"(?<=[a-z])(?:Updated|Published).*$"
    r"|\s(?:기자|특파원|記者|记者)(?:\s.*)?$"
    r"|\s+(?:veröffentlicht|aktualisiert|publié|publicado|pubblicato|opublikowan|опубликован).*$"
    r"|\s*(?:\(.*|\[.*|<.*|@.*"
    r"|\b(?:for|(?-i:on|at|in|last|this|via|is an?|has|who|view|more|see|read)"  # Le Pen, El Amrani and Read are names
    r"|(?:on|at|in|am|le|el|il)(?=\s+(?:\d|[^\W\d_]+[.,]?\s+\d))|(?:last|this|view|more|see|read)(?=\s+[^\W\d_])"
    r"|updated|published|posted|photo|contributor|correspondent|reporter|follow|email|share|stand(?=:))\b.*"
    r"|\d.*|\s[-–—|]\s.*|[-–—|:]\s.*)$",
    re.IGNORECASE | re.DOTALL,
)
_PREPOSITION: Final = re.compile(r"\s(?:on|at|am|le|el|il)$", re.IGNORECASE)  # of a date
_BEFORE_NUMBER: Final = re.compile(r"\s([^\W\d_]{3,12})[.,]?(?=\s\d)")
_WEEKDAYS: Final = frozenset(
    re.split(
        r"\s+",
        """mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday
        montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche
        lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica
        maandag dinsdag woensdag donderdag vrijdag zaterdag zondag""",
    )
)
_NEXT_LABEL: Final = re.compile(r"\s[^\s：]{1,8}\s?：.*$", re.DOTALL)  # in Chinese, such as 来源：, where it is from
_NO_NAME: Final = re.compile(
    r"https?:|www\.|@|\d{3,}|^(?:admin|administrator|root|editor|staff|webmaster|user|guest|anonymous|unknown|author"
    r"|none|null|undefined|n/?a|by|home|about|contact|redaktion|redacción|editorial team|super ?user|staff writers?"
    r"|share|follow"
    r"|email|twitter|facebook|instagram|linkedin|subscribe|comments?|reply|read more|view all posts|(?:full )?bio"
    r"|profile|(?:staff |senior |chief |associate |contributing |political |special |breaking news )*(?:writer|reporter"
    r"|correspondent|editor|columnist|contributor|producer|journalist)s?|photographer|published|updated|posted)$",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"^\W*([^\s\d_:：,;.()|/]{2,20})\s*[:：]\s*(?=\w)")  # with the vowel signs of a script
_OF_OTHERS: Final = frozenset(  # labels of who took the pictures, and of where a text is from
    (
        *("photo", "photos", "foto", "fotos", "image", "images", "bild", "bilder", "фото", "写真", "사진", "摄影"),
        *("photography", "photographer", "fotografie", "fotografía", "photographie", "illustration"),
        *("source", "sources", "quelle", "quellen", "fuente", "fonte", "источник", "来源", "來源", "出典", "출처"),
    )
)
_FIRST_WORDS: Final = frozenset((*DONE_WORDS, *BY_WORDS, "ein", "eine"))
_JUST_BY: Final = frozenset(BY_WORDS)
_LEAST_PLAIN, _MOST_PLAIN = 2, 3  # words of a name that needs no second look
_LEAST_WORD, _MOST_WORD = 2, 20  # letters of each
_INITIAL: Final = 2  # characters of one, its period included
_WORDS_ASIDE: Final = frozenset(
    re.split(
        r"\s+",
        """by von par por di door av af autor author authors auteur autore автор від oleh yazan and und et en
        og och ja with on at in am le el il for updated published posted written reported edited created
        last this photo via is has who contributor correspondent reporter follow view more see read email
        share editor staff writer writers team user redaktion redacción columnist producer journalist
        photographer story text words post article veröffentlicht aktualisiert publié publicado pubblicato
        opublikowano опубликовано 기자 특파원 記者 记者""",
    )
)
# What people are and sites are called; a name that ends in one of these is no person's.
_NO_SURNAMES: Final = frozenset(
    re.split(
        r"\s+",
        """writer writers editor editors reporter reporters correspondent correspondents columnist columnists analyst
        analysts expert experts attorney contributor contributors producer producers journalist journalists
        photographer commentator specialist director manager founder ceo professor member members blogger researcher
        strategist consultant engineer redakteur redakteurin redaktion redacción rédaction redazione redactie team staff
        desk news newsroom media network networks nachrichten zeitung magazine magazin gmbh inc llc ltd agency agencies
        association foundation institute university links newspaper редакция""",
    )
)
_SENTENCE: Final = re.compile("[。！？!?，、；：…“”「」『』《》]")
_EDGES: Final = " \t\n\"'“”‘’.,;:|-–—•·*»«()[]"
_SUFFIX: Final = re.compile(r"^(?:jr|sr|ii|iii|iv|phd|ph\.d|md|m\.d|mba|rn|esq|dds|cfa|cpa)\.?$", re.IGNORECASE)
# What ends with a full stop that belongs to the name.
_ABBREVIATED: Final = re.compile(r"(?:^|[\s.])(?:jr|sr|esq|ph\.?d|m\.?d|[^\W\d_])$", re.IGNORECASE)


def names(texts: Iterable[str]) -> tuple[str, ...]:
    """The names of people in texts that each are a list of names, such as a `<meta name=author>`; each once."""
    found: dict[str, str] = {}
    for text in texts:
        if _is_plain(text):
            if len(found) < _MOST_NAMES:
                found.setdefault(_key(text), text)
            continue
        for part in _parts(_behind_by(text[:_MOST_BYLINE])):
            name = part if _is_plain(part) else clean_name(part)
            if name is not None and len(found) < _MOST_NAMES:
                found.setdefault(_key(name), name)
    return tuple(found.values())


def _key(name: str) -> str:
    """What is equal for two ways to write a name: in capitals or not, with a full stop at its end or without."""
    return name.casefold().rstrip(".")


def _is_plain(text: str) -> bool:
    """Whether a text is two or three words or initials, none of which needs a second look, as most names are."""
    words = text.split(" ")
    if not _LEAST_PLAIN <= len(words) <= _MOST_PLAIN or text[-1:] == ".":
        return False
    for word in words:
        letters = word[:-1] if len(word) == _INITIAL and word[-1] == "." else word
        if not letters.isalpha():
            return False
        if letters is word and (not _LEAST_WORD <= len(word) <= _MOST_WORD or word.lower() in _WORDS_ASIDE):
            return False
    return True


def turned(name: str) -> str:
    """A person's name whose surname stands first, before a comma, with the surname last; any other as it is."""
    surname, comma, first = name.partition(", ")
    words = [word for word in surname.split() if word.lower() not in _PARTICLES]
    is_turned = not comma or len(words) > 1 or "," in first or _SUFFIX.match(first)
    return name if is_turned or first.strip(_EDGES).lower() in _NO_SURNAMES else f"{first} {surname}"


def names_of_byline(text: str) -> tuple[str, ...]:
    """The names in a line such as `By Ann Lee and Bo Ek, Staff Writers | March 3, 2021`; none if it is no such line."""
    line = text[:_MOST_BYLINE]
    rest = _behind_by(line)
    if rest is line:
        return ()
    if "：" in rest:
        rest = _NEXT_LABEL.sub("", rest)
    if _is_plain(rest):
        return (rest,) if is_person(rest) else ()
    people: list[str] = []
    for part in _parts(rest):
        name = part if _is_plain(part) else clean_name(part)
        if name is None or not is_person(name):
            break
        people.append(name)
    return names(people)


def is_just_by(line: str) -> bool:
    """Whether a line is a word such as `By` that stands before names, and holds none."""
    return line.strip(_EDGES).lower() in _JUST_BY


def names_of_marked(text: str) -> tuple[str, ...]:
    """The names in what its markup calls a byline; there, a word before a colon is a label in whatever language."""
    if people := names_of_byline(text):
        return people
    label = _LABEL.match(text)
    if label and label[1].lower() in _OF_OTHERS:
        return ()
    if label:
        text = text[label.end() :]
    return tuple(filter(is_person, names([text])))


def _behind_by(text: str) -> str:
    """A text without what stands before names, such as `written by`; the very same where nothing such does."""
    first, _, rest = text.lstrip(_EDGES).partition(" ")
    if first.isascii() and first.isalpha():  # a word tells, which most lines begin with: most take no closer look
        word = first.lower()
        if word not in _FIRST_WORDS:
            return text
        if word in _JUST_BY and rest[:1].isalpha():
            return rest
    marked = _BY.match(text)
    return text[marked.end() :] if marked else text


def clean_name(text: str) -> str | None:
    """A name without what stands around it; None where it is none."""
    said = _AFTER.sub("", _before_date(_behind_by(" ".join(text.split()))))
    name = said.strip(_EDGES)
    if not 2 <= len(name) <= _MOST_CHARS or len(name.split()) > _MOST_WORDS or _NO_NAME.search(name):
        return None
    if not any(map(str.isalpha, name)):
        return None
    is_abbreviated = said.lstrip(_EDGES).startswith(f"{name}.") and _ABBREVIATED.search(name)
    return f"{name}." if is_abbreviated else name


def _before_date(text: str) -> str:
    """A text up to a month or a day of the week before a number; any other word there is part of a name."""
    for found in _BEFORE_NUMBER.finditer(text):
        if is_month(found[1]) or found[1].casefold() in _WEEKDAYS:
            return _PREPOSITION.sub("", text[: found.start()])
    return text


def is_person(name: str) -> bool:
    """Whether a name looks like a person's: a few words, each with a capital where the script has them.

    Scripts that write no spaces have names of one word; there, a sign shows that it is a sentence.
    """
    words = name.split()
    if not 1 < len(words) <= _MOST_WORDS:
        is_word = len(words) == 1 and not name.isascii() and not name[0].islower() and not name[0].isupper()
        return is_word and _SENTENCE.search(name) is None
    if words[-1].strip(_EDGES).lower() in _NO_SURNAMES:
        return False
    if not name.isupper() and any(map(_is_capitals, words)):
        return False  # ANN LEE is a person; Ann NEWS is not
    return all(not word[0].islower() or word.lower() in _PARTICLES for word in words)


def _is_capitals(word: str) -> bool:
    return len(word) >= _LEAST_CAPITALS and word.isascii() and word.isalpha() and word.isupper()


def _parts(text: str) -> Iterator[str]:
    """The names in a list of them, one after another, as most that is read of a byline is its first."""
    part = ""
    for following in _pieces(text):
        if part and _SUFFIX.match(following.strip()):
            part += ", " + following.strip()
        else:
            if part:
                yield part
            part = following
    if part:
        yield part


def _pieces(text: str) -> Iterator[str]:
    """What stands between commas, `and` and the like."""
    start = 0
    for cut in _SPLIT.finditer(text):
        if cut.start() > start:
            yield text[start : cut.start()]
        start = cut.end()
    if start < len(text):
        yield text[start:]
