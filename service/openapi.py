"""The OpenAPI 3.1 document, made from the types of `service.api`."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

import dedup
from service.api import (
    CleanAnswer,
    CleanQuery,
    CleanRequest,
    DocumentAnswer,
    FingerprintAnswer,
    FingerprintRequest,
    Health,
    Problem,
    SitesAnswer,
    SiteSummary,
)
from service.media import PROBLEM, RAW
from service.problems import CODES

_JSON: Final = "application/json"
_MSGPACK: Final = "application/msgpack"
_REF: Final = "#/components/schemas/{name}"


class Operation(NamedTuple):
    """A call of the service.

    Attributes:
        method: of HTTP, lower case.
        path: with parameters in braces.
        summary: what it does.
        answers: type of the body of a success; None where there is none.
        takes: type of the body; None where there is none.
        raw: whether the body may be a page itself, with the other fields in the query.
        success: status of HTTP.
        media_types: of the answer, where it is neither JSON nor MessagePack, or both without a type.
        query: schemas of the parameters, by name, that are not fields of a raw body.
    """

    method: str
    path: str
    summary: str
    answers: type | dict[str, Any] | None = None
    takes: type | dict[str, Any] | None = None
    raw: bool = False
    success: int = 200
    media_types: tuple[str, ...] = ()
    query: dict[str, dict[str, Any]] | None = None


_PAGES: Final = {
    "type": "object",
    "required": ["pages"],
    "additionalProperties": False,
    "properties": {"pages": {"type": "array", "items": {"$ref": _REF.format(name="CleanRequest")}}},
}

_RESULTS: Final = {
    "type": "object",
    "required": ["results"],
    "properties": {
        "results": {
            "type": "array",
            "items": {"anyOf": [{"$ref": _REF.format(name=name)} for name in ("CleanAnswer", "Problem")]},
        }
    },
}

OPERATIONS: Final = (
    Operation("post", "/v1/clean", "Clean a page.", CleanAnswer, CleanRequest, raw=True),
    Operation("post", "/v1/clean/batch", "Clean several pages.", _RESULTS, _PAGES),
    Operation(
        "post",
        "/v1/clean/stream",
        "Clean pages without end.",
        media_types=("application/x-ndjson", _MSGPACK),
        query={
            "ordered": {"type": "boolean", "default": True, "description": "false: answers come as they are ready"}
        },
    ),
    Operation("post", "/v1/documents", "Add a page to the crawl index.", DocumentAnswer, CleanRequest, raw=True),
    Operation("post", "/v1/documents/search", "Ask the crawl index.", DocumentAnswer, CleanRequest, raw=True),
    Operation("delete", "/v1/documents/{id}", "Forget a document.", success=204),
    Operation("post", "/v1/fingerprints", "Signatures and digests of texts.", FingerprintAnswer, FingerprintRequest),
    Operation("get", "/v1/sites", "What was learned.", SitesAnswer),
    Operation("get", "/v1/sites/{site}", "What was learned of a site.", SiteSummary),
    Operation("delete", "/v1/sites/{site}", "Forget a site.", success=204),
    Operation("get", "/livez", "The process answers.", Health),
    Operation("get", "/readyz", "It takes requests, and its workers are warm.", Health),
    Operation("get", "/metrics", "Counts, in Prometheus' text format.", media_types=("text/plain",)),
    Operation("get", "/openapi.json", "This document.", media_types=(_JSON,)),
    Operation("get", "/", "A page to try it.", media_types=("text/html",)),
)


@cache
def document() -> bytes:
    """The document in JSON."""
    said = [part for one in OPERATIONS for part in (one.answers, one.takes)]
    types = [CleanQuery, CleanRequest, Problem, *(part for part in said if isinstance(part, type))]
    _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _operation(one, schemas["CleanQuery"])
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "dedup", "version": dedup.__version__, "description": "Cleans web pages."},
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{}, {"key": []}],
        }
    )


def _operation(one: Operation, query: dict[str, Any]) -> dict[str, Any]:
    name = one.path.strip("/").replace("/", "_").replace("{", "").replace("}", "") or "try"
    found: dict[str, Any] = {
        "operationId": f"{one.method}_{name}",
        "summary": one.summary,
        "responses": _responses(one),
    }
    parameters = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for part in one.path.split("/")
        if part.startswith("{")
    ]
    if one.raw:
        parameters += [
            {"name": field, "in": "query", "schema": schema, "description": "for a raw body"}
            for field, schema in query["properties"].items()
        ]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in (one.query or {}).items()]
    if parameters:
        found["parameters"] = parameters
    if one.takes is not None:
        found["requestBody"] = {"required": True, "content": _taken(one)}
    elif one.path.endswith("/stream"):
        lines = {"schema": {"type": "string", "description": "a page a line, as POST /v1/clean takes it"}}
        objects = {"schema": {"type": "string", "description": "the same one after the other in MessagePack"}}
        found["requestBody"] = {"required": True, "content": {"application/x-ndjson": lines, _MSGPACK: objects}}
    return found


def _taken(one: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {name: {"schema": _schema(one.takes)} for name in (_JSON, _MSGPACK)}
    if one.raw:
        content |= {name: {"schema": {"type": "string"}} for name in RAW}
    return content


def _schema(said: type | dict[str, Any] | None) -> dict[str, Any]:
    return {"$ref": _REF.format(name=said.__name__)} if isinstance(said, type) else said or {}


def _responses(one: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "done"}
    if one.answers is not None:
        schema = {"schema": _schema(one.answers)}
        good["content"] = {_JSON: schema, _MSGPACK: schema} if one.takes is not None else {_JSON: schema}
    elif one.media_types:
        good["content"] = {media_type: {} for media_type in one.media_types}
    problem = {"content": {PROBLEM: {"schema": {"$ref": _REF.format(name="Problem")}}}}
    refused: dict[str, Any] = {}
    for code, meaning in CODES.items():
        told = refused.setdefault(str(meaning.status), {"description": "", **problem})
        told["description"] += f"`{code}`: {meaning.title}. "
        if meaning.retry_after is not None:
            told["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return {str(one.success): good, **refused}
