"""Values that an object works out when first asked for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801  (a decorator, named as the standard library names its own)
    """A method that is called once, its answer kept in its place.

    As `functools.cached_property`, without the lock that Python 3.11 takes each time, which costs more than most of
    what a page is asked: where two threads ask at once, both work the same answer out.
    """

    def __init__(self, method: Callable[[Any], T]) -> None:
        self._method = method
        self._name = method.__name__
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value = self._method(instance)
        instance.__dict__[self._name] = value
        return value
