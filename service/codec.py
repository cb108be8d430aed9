"""JSON and MessagePack: what was sent, as one of the types of `service.api`, and what is answered.

Decoding is strict, and what is wrong is told with its place. Runs in workers only.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgpack
import msgspec

from service.errors import InvalidFieldError, MalformedBodyError, UnknownFieldError

T = TypeVar("T", bound=msgspec.Struct)

_BYTE = re.compile(r" \(byte (\d+)\)$")
_PLACE = re.compile(r"^(?P<problem>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>.*)`$", re.DOTALL)
_EXPECTED = re.compile(r"^Expected `(bool|int|float)\b")
_AS_TEXT = {"bool": "true or false", "int": "a whole number", "float": "a number"}
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_REPLACEMENT = rb"\ufffd"
_MOST_KEYS = 64
_MOST_SAID = 200  # characters from either end of what msgspec says, which quotes what was sent
_NOTHING = 0xC1  # the one byte with which no MessagePack begins


def decode_json(body: bytes, type_: type[T]) -> T:
    """A JSON object as a value of the type.

    Half of a surrogate pair is read as U+FFFD: serialisers write one for a string that was cut inside an emoji. A byte
    order mark before it, as some editors leave at the head of a file of lines, is passed over (RFC 8259, section 8.1).

    Raises:
        MalformedBodyError: no JSON, or not in UTF-8.
        UnknownFieldError: a field that the type does not have.
        InvalidFieldError: a value that its field does not take.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        return _decode_json(body, type_)
    except msgspec.DecodeError as error:
        mended = _ESCAPE.sub(lambda escape: _REPLACEMENT if escape[1] else escape[0], body)
        if mended == body:
            raise _malformed_json(body, str(error)) from None
    try:
        return _decode_json(mended, type_)
    except msgspec.DecodeError as error:
        raise _malformed_json(body, str(error)) from None


def _decode_json(body: bytes, type_: type[T]) -> T:
    try:
        return _decode_whole(body, type_, msgspec.json.decode)
    except UnicodeDecodeError as error:
        raise _malformed_json(body, str(error)) from None
    except RecursionError:
        raise MalformedBodyError("JSON", "nested too deeply") from None


def _decode_whole(body: bytes, type_: type[T], decode: Callable[..., Any]) -> T:
    """A body as a value of the type; that it is cut off goes before what is wrong with a field in front of the cut."""
    try:
        value: T = decode(body, type=type_)
    except msgspec.ValidationError as error:
        decode(body, type=msgspec.Raw)
        raise _field_error(error, type_) from None
    return value


def _malformed_json(body: bytes, message: str) -> MalformedBodyError:
    place = _BYTE.search(message)
    position = min(int(place[1]), len(body)) if place else len(body)
    problem = (
        _BYTE.sub("", message).removeprefix("JSON is malformed: ").replace("Input data was truncated", "cut off")
    )
    if (wrong := _first_not_utf8(body)) is not None and wrong <= position:  # msgspec tells where its string ends
        problem, position = "not UTF-8", wrong
    line_start = body.rfind(b"\n", 0, position) + 1
    return MalformedBodyError(
        "JSON", problem, position, body.count(b"\n", 0, position) + 1, position - line_start + 1
    )


def _first_not_utf8(body: bytes) -> int | None:
    """Where the first byte is that is no UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def decode_msgpack_as(body: bytes, type_: type[T]) -> T:
    """A MessagePack map as a value of the type; raises as `decode_json` does."""
    try:
        return _decode_whole(body, type_, msgspec.msgpack.decode)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBodyError("MessagePack", str(error) or "nested too deeply") from None


def decode_msgpack(body: bytes | memoryview) -> dict[str, Any]:
    """A MessagePack map of scalar values. A list or map in it is skipped and stands there empty, to be refused.

    Raises:
        MalformedBodyError: no MessagePack, or keys that are no text.
        InvalidFieldError: no map.
    """
    fields = _flat_map(body)
    return _careful_map(bytes(body)) if fields is None else fields


def _flat_map(body: bytes | memoryview) -> dict[str, Any] | None:
    """The map as nearly all senders make it, decoded where it lies; None for anything else."""
    maps = 0

    def take(fields: dict[str, Any]) -> dict[str, Any]:
        nonlocal maps
        maps += 1
        if maps > 1:
            raise ValueError
        return fields

    try:
        fields = msgpack.unpackb(body, object_hook=take, max_array_len=0, max_map_len=_MOST_KEYS)
    except (ValueError, msgpack.UnpackException):
        return None
    is_flat = isinstance(fields, dict) and all(type(key) is str for key in fields)
    return fields if is_flat and not any(isinstance(value, list | dict) for value in fields.values()) else None


def _careful_map(body: bytes) -> dict[str, Any]:
    """Any map, key by key, and what is wrong with it."""
    unpacker = msgpack.Unpacker(max_buffer_size=max(len(body), 1))
    unpacker.feed(body)
    fields: dict[str, Any] = {}
    try:
        if body and body[0] != _NOTHING and not (0x80 <= body[0] <= 0x8F or body[0] in {0xDE, 0xDF}):
            raise InvalidFieldError("body", "expected a map")
        size = unpacker.read_map_header()
        if size > _MOST_KEYS:
            raise MalformedBodyError("MessagePack", f"a map of {size} keys", 0)
        for _ in range(size):
            key = _scalar(unpacker, body)
            if not isinstance(key, str):
                raise MalformedBodyError("MessagePack", "a key that is no text", unpacker.tell())
            fields[key] = _scalar(unpacker, body)
    except msgpack.OutOfData:
        raise MalformedBodyError("MessagePack", "cut off", len(body)) from None
    except UnicodeDecodeError as error:
        problem = f"text that is not UTF-8 ({error.reason}); send bytes as the bin type"
        position = unpacker.tell() + 1 - len(error.object) + error.start  # it stands at the text's last byte
        raise MalformedBodyError("MessagePack", problem, position) from None
    except msgpack.StackError:
        raise MalformedBodyError("MessagePack", "nested too deeply", unpacker.tell()) from None
    except ValueError as error:
        raise MalformedBodyError("MessagePack", str(error) or "invalid type byte", unpacker.tell()) from None
    if unpacker.tell() < len(body):
        raise MalformedBodyError("MessagePack", "something follows the map", unpacker.tell())
    return fields


def _scalar(unpacker: Any, body: bytes) -> object:
    code = body[unpacker.tell()] if unpacker.tell() < len(body) else None
    if code is None or not (0x80 <= code <= 0x9F or 0xDC <= code <= 0xDF):
        return unpacker.unpack()
    unpacker.skip()
    return [] if 0x90 <= code <= 0x9F or code in {0xDC, 0xDD} else {}


def convert(fields: dict[str, Any], type_: type[T], *, strict: bool = True) -> T:
    """Fields as a value of the type; raises as `decode_json` does. Not `strict`: numbers and booleans may be text."""
    try:
        return msgspec.convert(fields, type_, strict=strict)
    except msgspec.ValidationError as error:
        raise _field_error(error, type_, is_text=not strict) from None


def _field_error(
    error: msgspec.ValidationError, type_: type[msgspec.Struct], *, is_text: bool = False
) -> UnknownFieldError | InvalidFieldError:
    """What msgspec says, with the field and what it takes; `is_text` where all values are, as in a query."""
    said = str(error)
    if len(said) > 2 * _MOST_SAID:
        said = f"{said[:_MOST_SAID]}…{said[-_MOST_SAID:]}"
    found = _PLACE.match(said)
    problem, path = (found["problem"], found["path"]) if found else (said, None)
    if unknown := _UNKNOWN.match(problem):
        return UnknownFieldError(unknown["field"], type_.__struct_fields__)
    field = (path or "").removeprefix("$.")
    hint = get_type_hints(type_).get(field)
    if get_origin(hint) is not None and problem.startswith("Invalid enum value"):
        allowed = ", ".join(str(value) for value in get_args(hint))
        problem = f"{problem.removeprefix('Invalid enum value ')} is not one of {allowed}"
    if is_text and (kind := _EXPECTED.match(problem)):
        problem = f"expected {_AS_TEXT[kind[1]]}"
    problem = problem[:1].lower() + problem[1:]
    return InvalidFieldError(field, problem) if field else InvalidFieldError("body", problem)


def encode(value: object, media_type: str) -> bytes:
    """A value in JSON or MessagePack."""
    if media_type == "application/json":
        return msgspec.json.encode(value)
    packed: bytes = msgpack.packb(msgspec.to_builtins(value, builtin_types=(bytes,)))
    return packed
