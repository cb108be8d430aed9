"""Articles much longer than most: what makes page after page of them content does not wear off towards their end."""

from __future__ import annotations

import random

import dedup

SUBJECTS = [
    "The council",
    "A neighbour",
    "My brother",
    "The old ferryman",
    "Nobody in the village",
    "The engineer",
    "Her teacher",
]
VERBS = [
    "has painted",
    "never repaired",
    "sold",
    "measured twice",
    "forgot about",
    "wrote a letter about",
    "slept beside",
]
THINGS = [
    "the harbour wall",
    "a boat with a green sail",
    "the lamp above the door",
    "seven crates of apples",
    "the bridge",
]
ENDS = ["before the winter came", "as if it had been his own", "for less than it was worth", "on a rainy Monday"]
NAMES = ["Aske", "Bryn", "Celia", "Dorte", "Edda", "Finn", "Gerda", "Hauke", "Ilse", "Jorn", "Karla", "Levin"]


def sentence(rng: random.Random) -> str:
    return " ".join(rng.choice(part) for part in (SUBJECTS, VERBS, THINGS, ENDS)) + "."


def test_a_list_of_two_hundred_sections_is_kept_to_its_last_paragraph() -> None:
    """A ranking, a chronicle or a glossary would lose its second half, a few lines more with every section."""
    rng = random.Random(1)
    paragraphs, sections = [], []
    for number in range(200):
        texts = [" ".join(sentence(rng) for _ in range(rng.randint(3, 5))) for _ in range(2)]
        facts = "".join(f"<li>{name}: {rng.choice(NAMES)}</li>" for name in ("Builder", "Owner", "Town"))
        body = "".join(f"<p>{text}</p>" for text in texts)
        sections.append(f"<h2>{number + 1}. {rng.choice(NAMES)} {rng.choice(NAMES)}</h2><ul>{facts}</ul>{body}")
        paragraphs += texts
    menu = "".join(f"<li><a href='/{name}'>{name}</a></li>" for name in ("Home", "News", "Sport", "About us"))
    page = dedup.clean(
        f"<title>The two hundred boats of the coast</title><nav><ul>{menu}</ul></nav><div class=content>"
        f"<h1>The two hundred boats of the coast</h1><p>By Ann Lee</p>{''.join(sections)}</div>"
        "<footer>© 2026 The Quayside Post. All rights reserved.</footer>"
    )
    assert [text for text in paragraphs if text not in page.content] == []
    assert "All rights reserved" not in page.content
