"""The result's types as columns of a table: what Parquet holds follows from `dedup.page`."""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec


def schema(type_: type[msgspec.Struct]) -> Any:
    """The Arrow schema of a struct: structs nest, tuples are lists, dictionaries are maps, literals are text."""
    import pyarrow as pa  # noqa: PLC0415  (a second of start-up that JSON lines do without)

    return pa.schema([(name, _column(hint, pa)) for name, hint in get_type_hints(type_).items()])


def columns_of(row: msgspec.Struct) -> dict[str, object]:
    """A struct's values as `schema` has them."""
    return {name: _value(value) for name, value in msgspec.structs.asdict(row).items()}


def _column(hint: Any, pa: Any) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _column(next(one for one in inner if one is not type(None)), pa)
    if origin is tuple:
        return pa.list_(_column(inner[0], pa))
    if origin is dict:
        return pa.map_(_column(inner[0], pa), _column(inner[1], pa))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return pa.struct([(name, _column(field, pa)) for name, field in get_type_hints(hint).items()])
    simple = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    return pa.string() if origin is Literal else simple.get(hint, pa.string())


def _value(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return columns_of(value)
    if isinstance(value, dict):
        return list(value.items())
    return [_value(one) for one in value] if isinstance(value, tuple | list) else value
