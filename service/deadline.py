"""Work that a client waits for no longer than the setting `deadline` says."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from dedup.errors import DeadlineExceededError

T = TypeVar("T")


async def in_time(work: Coroutine[Any, Any, T], deadline: float, ends: float | None = None) -> T:
    """What the state answers, as long as somebody still waits for it; what it has begun it may yet finish.

    Args:
        work: that waits for the state.
        deadline: seconds, for the error's words.
        ends: when they are over, by the loop's clock; so many from now unless given.

    Raises:
        DeadlineExceededError: it takes longer.
    """
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + deadline if ends is None else ends):
            return await work
    except TimeoutError:
        raise DeadlineExceededError(deadline, "waiting") from None
