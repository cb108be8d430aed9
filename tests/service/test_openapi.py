"""The OpenAPI document and the handlers say the same, whoever looks."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from service.app import create_app
from service.metrics import Metrics
from service.openapi import OPERATIONS, document
from service.settings import Settings
from service.workers import Workers

ROOT = Path(__file__).resolve().parents[2]


def test_every_route_is_documented_and_every_documented_one_exists() -> None:
    app = create_app(Settings(), cast("Workers", None), Metrics(), None)  # no request is made
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert routes == {(one.method, one.path) for one in OPERATIONS}
    text = (ROOT / "docs" / "http.md").read_text("utf-8")
    for method, path in routes:
        assert f"`{method.upper()} {path}`" in text, f"docs/http.md says nothing of {method} {path}"


def test_the_document_is_served(service: object) -> None:
    with urllib.request.urlopen(f"{service.url}/openapi.json", timeout=30) as response:  # type: ignore[attr-defined]
        assert json.loads(response.read()) == json.loads(document())


def test_the_document_says_of_a_stream_what_clients_made_from_it_have_to_send_and_read() -> None:
    stream = json.loads(document())["paths"]["/v1/clean/stream"]["post"]
    (ordered,) = stream["parameters"]
    assert (ordered["name"], ordered["in"], ordered["schema"]["type"]) == ("ordered", "query", "boolean")
    framings = {"application/x-ndjson", "application/msgpack"}
    assert set(stream["requestBody"]["content"]) == set(stream["responses"]["200"]["content"]) == framings


@pytest.fixture(scope="module")
def address(start: Callable[..., object]) -> str:
    return str(start(state="memory", max_page_bytes=100_000).url)  # type: ignore[attr-defined]


def test_whatever_is_sent_the_answer_is_as_documented(address: str) -> None:
    """No 5xx but 503 with Retry-After, and no answer that breaks its schema."""
    checks: list[Any] = [not_a_server_error, status_code_conformance, response_schema_conformance]
    schema: Any = schemathesis.openapi.from_dict(json.loads(document()))
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/stream"):
            continue  # answered line by line; tests/service/test_stream.py

        def check(case: Any) -> None:
            response = case.call(base_url=address, timeout=60)
            if response.status_code == 503:
                assert response.headers.get("Retry-After")
            else:
                case.validate_response(response, checks=checks)

        thorough = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        thorough(given(case=operation.as_strategy())(check))()
