"""dedup finds what a web page repeats and returns what is left.

The names below are the public interface. They are loaded on first use: importing `dedup` compiles no kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.loading import on_demand

if TYPE_CHECKING:
    from dedup.cleaner import Cleaner
    from dedup.corpus import NearDuplicates, near_duplicates
    from dedup.errors import DedupError
    from dedup.fingerprint import Fingerprinter
    from dedup.options import CleanOptions, Limits, RepeatOptions
    from dedup.page import Block, CleanPage, Evidence, NearDuplicate, PageInput, Verdict
    from dedup.pipeline import clean
    from dedup.segment.spans import rebuild
else:
    __getattr__ = on_demand(
        __name__,
        {
            "clean": "dedup.pipeline",
            "rebuild": "dedup.segment.spans",
            "Cleaner": "dedup.cleaner",
            "DedupError": "dedup.errors",
            "Fingerprinter": "dedup.fingerprint",
            "NearDuplicates": "dedup.corpus",
            "near_duplicates": "dedup.corpus",
            "CleanOptions": "dedup.options",
            "Limits": "dedup.options",
            "RepeatOptions": "dedup.options",
            "Block": "dedup.page",
            "CleanPage": "dedup.page",
            "Evidence": "dedup.page",
            "NearDuplicate": "dedup.page",
            "PageInput": "dedup.page",
            "Verdict": "dedup.page",
        },
    )

__version__ = "0.1.0"


__all__ = [
    "Block",
    "CleanOptions",
    "CleanPage",
    "Cleaner",
    "DedupError",
    "Evidence",
    "Fingerprinter",
    "Limits",
    "NearDuplicate",
    "NearDuplicates",
    "PageInput",
    "RepeatOptions",
    "Verdict",
    "clean",
    "near_duplicates",
    "rebuild",
]


def __dir__() -> list[str]:
    """With the names that are not loaded yet, for who completes them with the tabulator."""
    return sorted({*globals(), *__all__})
