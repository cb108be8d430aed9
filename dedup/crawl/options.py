"""Bounds of the crawl index."""

from __future__ import annotations

from dataclasses import dataclass

from dedup.errors import OptionError
from dedup.options import require_number, require_switch, require_whole


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """What counts as a near-duplicate, and how long a document is kept.

    Attributes:
        threshold: least Jaccard of five-word shingles.
        retain: documents of a namespace that are kept; the ones added longest ago go first.
        retain_days: days after which a document goes; None: however old it is.
        exact_shingles: shingles up to which a document is kept whole and compared exactly; of a longer one the
            signature alone is kept, and what it gives is marked `estimated`.
        bucket_limit: documents of a crowded bucket that another is compared with, the first added; where thousands are
            made from one template and still differ, near-duplicates beyond these are missed: raise it.
        most: near-duplicates that are reported, best first.
        drop_duplicates: a page that resembles a document before it comes back without content, and is not added:
            `near_duplicates` says why, and its blocks keep their verdicts.

    Raises:
        OptionError: a value outside its range.
    """

    threshold: float = 0.8
    retain: int = 1_000_000
    retain_days: float | None = None
    exact_shingles: int = 8192
    bucket_limit: int = 64
    most: int = 20
    drop_duplicates: bool = False

    def __post_init__(self) -> None:
        require_number("threshold", self.threshold, 0.3, 1)
        require_whole("retain", self.retain, 1, 2**31 - 1)
        require_whole("exact_shingles", self.exact_shingles, 0, 2**24)
        require_whole("bucket_limit", self.bucket_limit, 1, 1 << 16)
        require_whole("most", self.most, 1, 1000)
        require_switch("drop_duplicates", self.drop_duplicates)
        if self.retain_days is not None:
            require_number("retain_days", self.retain_days, 0.001, 100_000)

    @classmethod
    def retaining(cls, wanted: str) -> CrawlOptions:
        """Options that keep what an operator writes: a number of documents (`1000000`), or of days (`30d`).

        Raises:
            OptionError: neither.
        """
        try:
            number = wanted.removesuffix("d")
            return cls(retain_days=float(number), retain=2**31 - 1) if number != wanted else cls(retain=int(number))
        except (AttributeError, ValueError, OptionError):
            raise OptionError("crawl_retain", wanted, "a number of documents, or of days such as 30d") from None
