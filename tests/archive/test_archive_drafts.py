"""A page that is cleaned in two trips, as archives are, comes out as one that is cleaned at once."""

from __future__ import annotations

import pytest

from dedup.archive.drafts import pack, unpack
from dedup.options import CleanOptions
from dedup.page import PageInput
from dedup.pipeline import analyse, finish

TEXTS = [
    "The kettle holds one and a half litres and boils them in four minutes, with a lid that stays cool in the hand.",
    "Its base is made of cork from Portugal, and every part of it can be taken out and replaced without any tool.",
    "It comes with a cord of two metres, a filter that can be washed, and a guarantee of five years on all parts.",
]
BODY = "<h1>Kettles</h1>" + "".join(f"<p>{text}</p>" for text in TEXTS)
LATE = '<main><template id="B:0"></template></main><footer>© Kettles</footer><div hidden id="S:0">'
PAGES = {
    "described": f"<head><meta name=description content='{TEXTS[0]}'><body><div id=app></div>",
    "described shell": f"<meta name=description content='{TEXTS[0]}'><body><div id=app></div><script src=/a.js></script>",
    "said again": f"<body><article>{BODY}<div><blockquote><p>{TEXTS[1]}</p></blockquote></div></article>",
    "streamed": f"<body>{LATE}{BODY}</div>",
    "for subscribers": f'<script type="application/ld+json">{{"isAccessibleForFree": false}}</script><body>{BODY}',
    "login": "<body><form><label>Name<input></label><label>Password<input type=password></label></form>",
    "empty": "<body></body>",
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "options", [CleanOptions(), CleanOptions(content_format="markdown")], ids=["text", "markdown"]
)
def test_two_trips_say_what_one_says(name: str, options: CleanOptions) -> None:
    page = PageInput(html=PAGES[name], url="https://kettles.example/a")
    at_once, later = finish(analyse(page, options)), finish(unpack(pack(analyse(page, options)), options))
    for field in ("content", "status", "status_evidence", "counts", "blocks", "metadata", "content_digest"):
        assert getattr(later, field) == getattr(at_once, field), field
