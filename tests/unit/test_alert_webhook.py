"""The webhook's signature, its reading of answers, and the check of addresses."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import webhook
from alerts.channels.address import resolve
from alerts.channels.base import Message, Receipt
from core.errors import DeliveryError, DeliveryFailed, DeliveryRejected

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_signature_is_the_one_of_the_reference() -> None:
    """Vector of docs/decisions/003, alerts."""
    body = '{"incident_id":"inc-1","brand":"示例"}'.encode()
    at = datetime.fromtimestamp(1767225600, UTC)
    expected = "t=1767225600,v1=457193be56726f342b3d23e1d22da3338ac2584bff63e9c2dd5d8bbfcff1cb9d"
    assert len(body) == 40
    assert webhook.signature("whsec_demo", body, at=at) == expected
    assert webhook.signature("whsec_other", body, at=at) != expected


def test_the_body_is_versioned_json_with_chinese_as_it_is() -> None:
    message = Message(
        id="m1", number="YJ-20260616-01", level="orange", title="【橙色预警】", text="一\n二", created_at=NOW
    )
    body = webhook.body_of(message)
    assert "橙色预警".encode() in body
    assert json.loads(body) == {
        "version": 1,
        "id": "m1",
        "number": "YJ-20260616-01",
        "level": "orange",
        "title": "【橙色预警】",
        "text": "一\n二",
        "link": "",
        "created_at": "2026-01-01T08:00:00+08:00",
        "fields": {},
    }


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"ok", None),
        (204, b"", None),
        (200, b'{"errcode":0,"errmsg":"ok"}', None),
        (200, b'{"code":"0"}', None),
        (200, b'{"id":"r-1"}', None),
        (200, b"[1,2]", None),
        (200, b"\xff\xfe", None),
        (200, b'{"errcode":310000,"errmsg":"sign not match"}', DeliveryFailed),
        (200, b'{"code":19021}', DeliveryFailed),
        (200, b'{"code":null}', DeliveryFailed),
        (301, b"", DeliveryRejected),
        (400, b"", DeliveryRejected),
        (401, b'{"code":0}', DeliveryRejected),
        (404, b"", DeliveryRejected),
        (429, b"", DeliveryFailed),
        (500, b'{"code":0}', DeliveryFailed),
        (503, b"", DeliveryFailed),
    ],
)
def test_answers_are_read_with_their_body(status: int, body: bytes, error: type[DeliveryError] | None) -> None:
    if error is None:
        assert webhook.read_answer(status, {}, body, now=NOW).status == status
    else:
        with pytest.raises(error):
            webhook.read_answer(status, {}, body, now=NOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        (" 7 ", 7),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120),
        ("Wed, 31 Dec 2025 23:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: int | None) -> None:
    assert webhook.retry_after(value, now=NOW) == seconds
    with pytest.raises(DeliveryFailed) as caught:
        webhook.read_answer(429, {"retry-after": value}, b"", now=NOW)
    assert caught.value.details.get("retry_after_seconds") == seconds


@given(st.text(max_size=60))
def test_any_retry_after_is_read_or_ignored(value: str) -> None:
    found = webhook.retry_after(value, now=NOW)
    assert found is None or found >= 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "errcode", "id"]), inner),
)


@given(
    st.integers(100, 599),
    st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode()) | st.just(b"[" * 60_000),
)
def test_any_answer_is_a_receipt_or_a_delivery_error(status: int, body: bytes) -> None:
    try:
        found = webhook.read_answer(status, {}, body, now=NOW)
    except DeliveryError as error:
        assert error.message
        return
    assert isinstance(found, Receipt)
    assert 200 <= status < 300


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/in",
        "http://10.0.0.8/in",
        "http://192.168.1.5:8080/in",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/in",
        "http://[::ffff:127.0.0.1]/in",
        "http://0.0.0.0/in",
        "http://2130706433/in",
        "http://224.0.0.1/in",
    ],
)
def test_private_addresses_need_permission(url: str) -> None:
    with pytest.raises(DeliveryRejected, match="内网"):
        resolve(url, allow_private=False)
    assert resolve(url, allow_private=True).pinned


@pytest.mark.parametrize(
    "url", ["", "ftp://203.0.113.5/x", "file:///etc/passwd", "hook.example/in", "http://", "http://h:x"]
)
def test_only_readable_http_addresses_pass(url: str) -> None:
    with pytest.raises(DeliveryRejected):
        resolve(url, allow_private=True)


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"hook.example": ["203.0.113.7"], "mixed.example": ["1.1.1.1", "10.0.0.1"], "ok.example": ["1.1.1.1"]}
    monkeypatch.setattr(
        "socket.getaddrinfo", lambda host, port, **_: [(2, 1, 6, "", (address, port)) for address in answers[host]]
    )
    target = resolve("https://ok.example:8443/in?a=1", allow_private=False)
    assert [str(url) for url in target.pinned] == ["https://1.1.1.1:8443/in?a=1"]
    assert target.url.host == "ok.example"
    with pytest.raises(DeliveryRejected):
        resolve("https://mixed.example/in", allow_private=False)


@given(st.text(max_size=40).map(lambda text: f"http://{text}"))
def test_any_address_is_resolved_or_refused(url: str) -> None:
    """No name is looked up: only texts that name no host or an address get as far as an answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.getaddrinfo", lambda host, port, **_: [(2, 1, 6, "", ("10.0.0.1", port))])
        with pytest.raises(DeliveryError):
            resolve(url, allow_private=False)
