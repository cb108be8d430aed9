"""What becomes of each block, from all the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.judge.judge import Judgement
from dedup.memory.seen import SeenBlocks
from dedup.page import Counts, Evidence, Mode, Reason, Role, Verdict
from dedup.repeats.page import PageRepeats

REASONS: Final[tuple[Reason, ...]] = (
    *("content", "boilerplate"),  # by whether the judge would remove a block
    *("web_template", "site_template", "page_repeat", "widget"),
)
LEAST_SITES: Final = 2  # other sites that repeat a block before it counts as one of the web's
_REPEAT_CONFIDENCE: Final = 0.97  # equal text is equal; what remains is whether the list is furniture
_CONTENT: Final = REASONS.index("content")


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the n blocks of a page, and what that rests on.

    Attributes:
        reasons: int8[n], the index in `REASONS` of each.
        stays: bool[n].
        judgement: of the judge.
        repeats: within the page.
        seen: on other pages of the site; None without memory.
        mode: see `decide`.
    """

    reasons: npt.NDArray[np.int8]
    stays: npt.NDArray[np.bool_]
    judgement: Judgement
    repeats: PageRepeats
    seen: SeenBlocks | None
    mode: Mode

    def counts(self) -> Counts:
        """How many blocks there are, stay, and go for each reason."""
        removed = np.bincount(self.reasons[~self.stays], minlength=len(REASONS)).tolist()
        by_reason: dict[str, int] = {reason: count for reason, count in zip(REASONS, removed, strict=True) if count}
        return Counts(len(self.stays), len(self.stays) - sum(removed), by_reason)

    def verdicts(self) -> list[Verdict]:
        """The verdicts of the blocks, in order."""
        verdicts: list[Verdict] = []
        seen, mode, twins = self.seen, self.mode, self.repeats.twins
        of = None if seen is None else seen.of
        nothing = [None] * len(self.stays)
        for reason, score, role, twin, similarity, run, pages, sites in zip(
            [REASONS[code] for code in self.reasons.tolist()],
            self.judgement.scores.astype(np.float64).round(3).tolist(),
            self.judgement.roles,
            twins.twin.tolist(),
            twins.similarity.astype(np.float64).round(4).tolist(),
            self.repeats.run.tolist(),
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


def decide(
    judgement: Judgement, repeats: PageRepeats, seen: SeenBlocks | None, mode: Mode, *, is_copy: bool = False
) -> Decision:
    """Decide about a page's blocks.

    Args:
        judgement: of the judge.
        repeats: within the page.
        seen: on other pages of the site; None without memory.
        is_copy: whether the whole page is one that many URLs of the site serve, and so none of it content.
        mode: `unique` asks for repeats alone; `annotate` decides as `article` does and keeps everything all the same.
    """
    reasons = _unique(repeats) if mode == "unique" else _article(judgement, repeats, seen)
    if is_copy and mode != "unique":
        reasons[reasons == _CONTENT] = REASONS.index("site_template")
    stays = np.ones(len(reasons), np.bool_) if mode == "annotate" else reasons == _CONTENT
    return Decision(reasons, stays, judgement, repeats, seen, mode)


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


def _article(judgement: Judgement, repeats: PageRepeats, seen: SeenBlocks | None) -> npt.NDArray[np.int8]:
    removed = ~judgement.content
    codes = removed.astype(np.int8)
    if seen is not None:
        codes[removed & (seen.sites >= LEAST_SITES)] = REASONS.index("web_template")
        codes[removed & seen.template] = REASONS.index("site_template")
    codes[repeats.copy] = REASONS.index("page_repeat")
    codes[judgement.widget] = REASONS.index("widget")
    codes[repeats.said_again(codes == _CONTENT)] = REASONS.index("page_repeat")
    return codes


def _unique(repeats: PageRepeats) -> npt.NDArray[np.int8]:
    return np.where(repeats.twins.later, REASONS.index("page_repeat"), _CONTENT).astype(np.int8)
