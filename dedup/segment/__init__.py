"""Bytes to blocks."""

from __future__ import annotations

from dedup.segment.segments import ElementTable, Segments

__all__ = ["ElementTable", "Segments"]
