"""Request bodies have a limit, for API and pages, before anything is parsed and before anybody is asked for."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from app.server import application
from response.services import Services

MEGABYTE = 1024 * 1024


@pytest.fixture
def visitor(services: Services) -> Iterator[TestClient]:
    """The assembled product with a limit of one megabyte, asked by somebody without a token."""
    limited = services.settings.model_copy(update={"request_size_limit_megabytes": 1})
    with TestClient(application(replace(services, settings=limited))) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/api/v1/compliance/check", "/api/v1/tokens", "/login", "/api/v1/health", "/nowhere"])
def test_a_body_above_the_limit_is_refused(visitor: TestClient, path: str) -> None:
    body = b"[" * (MEGABYTE + 1)
    answers = [visitor.post(path, content=body)]
    if path not in ("/api/v1/health", "/nowhere"):  # nobody reads a body there, so no more than its length is refused
        answers.append(visitor.post(path, content=iter([body[:MEGABYTE], body[MEGABYTE:]])))
    for answer in answers:
        found = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
        assert (found["code"], found["title"], len(found["request_id"])) == ("too_large", "请求内容过大", 12)


def test_a_body_that_no_route_asks_for_is_not_read(visitor: TestClient) -> None:
    def streamed(path: str, method: str) -> int:
        pieces = iter([b'["\\u0000",', b"0," * MEGABYTE])
        return visitor.request(method, path, content=pieces, headers={"Content-Type": "application/json"}).status_code

    assert streamed("/api/v1/tokens", "POST") == 413
    for path, status in {"/api/v1/health": 200, "/api/v1/alerts": 401}.items():
        assert streamed(path, "GET") == status


def test_a_body_at_the_limit_is_read(visitor: TestClient) -> None:
    values = {"name": "x", "password": "", "note": ""}
    values["note"] = "x" * (MEGABYTE - len(json.dumps(values)))
    headers = {"Content-Type": "application/json"}
    assert visitor.post("/api/v1/tokens", content=json.dumps(values), headers=headers).status_code == 401
    assert visitor.post("/api/v1/tokens", content=json.dumps(values) + " ", headers=headers).status_code == 413
    assert visitor.post("/login", content=b"x" * 20_000).status_code == 403, "the login form has its own, smaller limit"
