"""One verdict a block, from all the evidence."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from dedup.judge.judge import Judgement
from dedup.memory.seen import SeenBlocks
from dedup.page import Evidence, Mode, Reason, Role, Verdict
from dedup.repeats.page import PageRepeats

_REASONS: Final[tuple[Reason, ...]] = (
    *("content", "boilerplate"),  # by whether the judge would remove a block
    *("web_template", "site_template", "page_repeat", "widget"),
)
LEAST_SITES: Final = 2  # other sites that repeat a block before it counts as one of the web's
_REPEAT_CONFIDENCE: Final = 0.97  # equal text is equal; what remains is whether the list is furniture


def decide(
    judgement: Judgement, repeats: PageRepeats, seen: SeenBlocks | None, mode: Mode, *, is_copy: bool = False
) -> list[Verdict]:
    """The verdicts of a page's blocks, in order.

    Args:
        judgement: of the judge.
        repeats: within the page.
        seen: on other pages of the site; None without memory.
        is_copy: whether the whole page is one that many URLs of the site serve, and so none of it content.
        mode: `unique` asks for repeats alone; `annotate` decides as `article` does and keeps everything all the same.
    """
    reasons = _unique(repeats) if mode == "unique" else _article(judgement, repeats, seen)
    if is_copy and mode != "unique":
        reasons = ["site_template" if reason == "content" else reason for reason in reasons]
    verdicts: list[Verdict] = []
    of = None if seen is None else seen.of
    nothing = [None] * len(reasons)
    for reason, score, role, twin, similarity, run, pages, sites in zip(
        reasons,
        judgement.scores.astype(np.float64).round(3).tolist(),
        judgement.roles,
        repeats.twins.twin.tolist(),
        repeats.twins.similarity.astype(np.float64).round(4).tolist(),
        repeats.run.tolist(),
        nothing if seen is None else seen.pages.tolist(),
        nothing if seen is None else seen.sites.tolist(),
        strict=True,
    ):
        told: Role | None = "related" if reason == "widget" else role if reason == "boilerplate" else None
        if mode == "article" and twin < 0 and run < 0:
            verdicts.append(_plain(reason, score, told, pages, of, sites))
            continue
        evidence = Evidence(
            twin=twin if twin >= 0 else None,
            similarity=similarity if twin >= 0 else None,
            run=run if run >= 0 else None,
            pages_seen=pages,
            pages_of_site=of,
            sites_seen=sites,
            score=score if mode != "unique" else None,
            role=told,
        )
        confidence = _REPEAT_CONFIDENCE if mode == "unique" else _confidence(reason, score)
        verdicts.append(Verdict(reason == "content" or mode == "annotate", reason, confidence, evidence))
    return verdicts


@lru_cache(maxsize=1 << 15)
def _plain(
    reason: Reason, score: float, role: Role | None, pages: int | None, of: int | None, sites: int | None
) -> Verdict:
    """The verdict on a block that its page does not repeat; most of a page's blocks share few."""
    evidence = Evidence(pages_seen=pages, pages_of_site=of, sites_seen=sites, score=score, role=role)
    return Verdict(reason == "content", reason, _confidence(reason, score), evidence)


@lru_cache(maxsize=1 << 12)
def _confidence(reason: Reason, score: float) -> float:
    if reason == "content":
        return score
    return round(1 - score, 3) if reason == "boilerplate" else _REPEAT_CONFIDENCE


def _article(judgement: Judgement, repeats: PageRepeats, seen: SeenBlocks | None) -> list[Reason]:
    removed = ~judgement.content
    codes = removed.astype(np.int8)
    if seen is not None:
        codes[removed & (seen.sites >= LEAST_SITES)] = _REASONS.index("web_template")
        codes[removed & seen.template] = _REASONS.index("site_template")
    codes[repeats.copy] = _REASONS.index("page_repeat")
    codes[judgement.widget] = _REASONS.index("widget")
    codes[repeats.said_again(codes == 0)] = _REASONS.index("page_repeat")
    return [_REASONS[code] for code in codes.tolist()]


def _unique(repeats: PageRepeats) -> list[Reason]:
    return ["page_repeat" if later else "content" for later in repeats.twins.later.tolist()]
