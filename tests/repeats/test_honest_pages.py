"""HTML pages that repeat text for a reason, among ordinary furniture: not a line of theirs may go."""

from __future__ import annotations

from collections import Counter
from html import escape

import pytest

import dedup

VERSES = [
    ["The lamps go out along the quay", "The gulls come in to sleep", "The harbour holds its breath for me"],
    ["The winter took the northern boat", "The summer took the crew", "And all that ever stayed afloat"],
]
CHORUS = ["Row me over, row me home", "Over the bar and over the foam", "Row me over, row me slow"]
DOUGH, FILLING = ["500 g flour", "1 tsp salt", "75 g butter"], ["75 g butter", "1 tsp salt", "2 tbsp cinnamon"]
METHOD = [
    "Knead the dough for ten minutes.",
    "Cover and let it rise for an hour.",
    "Roll out the dough and spread the filling over it.",
    "Cover and let it rise for an hour.",
    "Bake for twelve minutes at 225 degrees.",
]
ANSWERS = [
    ("Can I bring a bicycle?", "Yes."),
    ("Can I bring a dog?", "Yes."),
    ("Is there a café on board?", "No."),
    ("Do I have to book?", "No."),
    ("Can I pay with a card?", "Yes, with any card that is accepted in the country."),
]
DEPARTURES = [
    ("From", "To", "Departs"),
    ("Pier 1", "Island", "9:00"),
    ("Pier 1", "Island", "9:00"),
    ("Pier 2", "Cape", "10:00"),
]
MINUTES = [
    "The chair opened the meeting at seven and welcomed the eighteen members who were present.",
    "Motion 1: to repaint the clubhouse in the coming spring.",
    "The motion was carried.",
    "Motion 2: to raise the fee by five crowns.",
    "The motion was carried.",
    "The chair thanked everybody and closed the meeting at nine.",
]
UPDATES = [
    (
        "18:40",
        "The last ferry of the day has been cancelled, the company says, and passengers are taken to a school.",
    ),
    ("18:10", "Update"),
    ("18:05", "The water has reached the lower market square, where volunteers are filling sandbags."),
    ("17:30", "Update"),
    ("17:20", "The fire brigade asks people to stay at home and to keep away from the quays until the morning."),
]
SPECIFICATIONS = ["Weight: 12 kg", "Gears: 8", "Brakes: disc"]
QUESTION = "How often do you oil a wooden deck that lies in the sun all day, and which oil do you use for it?"
REPLY = "Twice a year, with linseed oil, and never in the midday heat."
THANKS = "Same here, but once a year is enough in the north, where the sun is lower."
CLAUSES = [
    f"The member shall, in the case of {case}, notify the board in writing within fourteen days, and shall bear all costs"
    " that arise from a failure to do so, unless the board decides otherwise."
    for case in ("damage", "loss", "theft", "damage")
]
CODE = "import counter\ncounter.add(1)\ncounter.add(1)"
PROSE = (
    "Both bicycles were ridden for four weeks by three riders of different size, in town and on gravel, and both of them"
    " came through without a single flat tyre, though nobody liked the saddle of the second."
)


def p(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def items(lines: list[str]) -> str:
    return "".join(f"<li>{line}</li>" for line in lines)


PAGES = {
    "lyrics": (
        "Row Me Over",
        "".join(p(line) for verse in VERSES for line in (*verse, *CHORUS)),
        [line for verse in VERSES for line in (*verse, *CHORUS)],
    ),
    "recipe": (
        "Cinnamon buns",
        f"<h2>For the dough</h2><ul>{items(DOUGH)}</ul><h2>For the filling</h2><ul>{items(FILLING)}</ul>"
        f"<h2>Method</h2><ol>{items(METHOD)}</ol>",
        ["For the dough", *DOUGH, "For the filling", *FILLING, "Method", *METHOD],
    ),
    "questions": (
        "Questions about the ferry",
        "".join(f"<h3>{question}</h3>{p(answer)}" for question, answer in ANSWERS),
        [line for pair in ANSWERS for line in pair],
    ),
    "timetable": (
        "Timetable",
        "<table>" + "".join(f"<tr><td>{'<td>'.join(row)}" for row in DEPARTURES) + "</table>",
        ["\t".join(row) for row in DEPARTURES],
    ),
    "minutes": ("Minutes of the annual meeting", "".join(map(p, MINUTES)), MINUTES),
    "live blog": (
        "Storm on the coast: live",
        "".join(f"<div><h3>{time}</h3>{p(text)}</div>" for time, text in UPDATES),
        [line for update in UPDATES for line in update],
    ),
    "specifications": (
        "Two bicycles compared",
        f"<h2>Model A</h2><ul>{items(SPECIFICATIONS)}</ul><h2>Model B</h2><ul>{items(SPECIFICATIONS)}</ul>{p(PROSE)}",
        ["Model A", *SPECIFICATIONS, "Model B", *SPECIFICATIONS, PROSE],
    ),
    "forum": (
        "How do I oil a wooden deck?",
        f"<div class=post>{p(QUESTION)}</div><div class=post><blockquote>{p(QUESTION)}</blockquote>{p(REPLY)}</div>"
        f"<div class=post><blockquote>{p(REPLY)}</blockquote>{p(THANKS)}</div>",
        [QUESTION, QUESTION, REPLY, REPLY, THANKS],
    ),
    "clauses": ("Terms of the boat club", "".join(map(p, CLAUSES)), CLAUSES),
    "code": ("Using the counter", (p(PROSE) + f"<pre>{CODE}</pre>") * 2, [CODE, CODE]),
}


@pytest.mark.parametrize("name", PAGES)
def test_no_line_of_an_honest_page_is_lost(name: str) -> None:
    title, body, lines = PAGES[name]
    page = dedup.clean(
        f"<html><head><title>{title} - My Site</title></head><body><nav><ul><li><a href='/'>Home</a></li>"
        f"<li><a href='/a'>About</a></li></ul></nav><main><h1>{title}</h1>{body}</main>"
        "<footer><p>© 2025 My Site. All rights reserved.</p></footer></body></html>"
    )
    kept = Counter(block.text for block in page.blocks if block.verdict.keep)
    assert not Counter([title, *lines]) - kept
    assert "Home" not in page.content
    assert "©" not in page.content
