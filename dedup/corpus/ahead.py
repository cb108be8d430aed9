"""Work in threads, a little ahead of who takes the results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def computed(compute: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """The results of all items in their order, of which at most twice as many as there are threads wait.

    Args:
        compute: what is called of each; releases the GIL where threads are to gain anything.
        items: read as they are needed.
        threads: that compute; with one, nothing is computed ahead.
    """
    if threads == 1:
        yield from map(compute, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Result]] = deque()
        for item in items:
            ahead.append(pool.submit(compute, item))
            if len(ahead) > 2 * threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
