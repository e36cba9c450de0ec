"""The two senders against what they meet: a receiver that misbehaves, a disk that is full, a file cut off."""

import hashlib
import hmac
import json
import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts import channel, notify, outbox
from alerts.channel import ChannelConfig, ChannelKind
from alerts.channels import webhook
from alerts.channels.address import LOOK_UP_SECONDS, resolve
from alerts.channels.base import Message
from alerts.channels.build import build
from alerts.channels.log import LogChannel
from alerts.channels.webhook import WebhookChannel
from core.access import SYSTEM
from core.database import Database
from core.errors import DeliveryError, DeliveryFailed, DeliveryRejected
from tests.integration.webhook_receiver import Answer, Receiver, receiver

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
SECRET = "whsec_demo"
MESSAGE = Message(
    id="0123abcd", number="YJ-20260616-01", level="orange", title="【橙色预警】", text="负面 29 条", created_at=NOW
)


@pytest.fixture
def far_side() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


def sender(far_side: Receiver, *, url: str = "", total_seconds: float = webhook.TOTAL_SECONDS) -> WebhookChannel:
    return WebhookChannel(
        "值班",
        url=url or far_side.url,
        secret=SECRET,
        allow_private=True,
        now=lambda: NOW,
        total_seconds=total_seconds,
    )


def test_what_arrives_is_signed_and_can_be_checked(far_side: Receiver) -> None:
    far_side.answers.append(Answer(body=b'{"id":"r-77","errcode":0}'))
    receipt = sender(far_side, url=f"{far_side.url}?token=1").send(MESSAGE)
    assert (receipt.provider_id, receipt.status) == ("r-77", 200)
    [received] = far_side.received
    stamp, _, given = received.headers["X-Signature"].partition(",v1=")
    seconds = stamp.removeprefix("t=")
    assert seconds == str(int(NOW.timestamp()))
    expected = hmac.new(SECRET.encode(), f"{seconds}.".encode() + received.body, hashlib.sha256).hexdigest()
    assert given == expected
    assert received.path == "/in?token=1"
    assert received.headers["X-Delivery-Id"] == MESSAGE.id
    assert received.headers["Content-Type"].startswith("application/json")
    assert json.loads(received.body)["number"] == "YJ-20260616-01"


@pytest.mark.parametrize(
    ("answer", "error", "details"),
    [
        pytest.param(Answer(status=500), DeliveryFailed, {"status": 500}, id="server error"),
        pytest.param(Answer(body=b'{"errcode":310000}'), DeliveryFailed, {"status": 200}, id="200 with an error"),
        pytest.param(
            Answer(status=429, headers={"Retry-After": "37"}),
            DeliveryFailed,
            {"status": 429, "retry_after_seconds": 37},
            id="too many requests",
        ),
        pytest.param(Answer(status=410), DeliveryRejected, {"status": 410}, id="gone"),
        pytest.param(
            Answer(status=302, headers={"Location": "/elsewhere"}), DeliveryRejected, {"status": 302}, id="redirect"
        ),
        pytest.param(Answer(is_cut=True), DeliveryFailed, {"channel": "值班"}, id="cut off in the middle"),
        pytest.param(Answer(body=b"<html>" + b"x" * 70_000), DeliveryRejected, {"channel": "值班"}, id="a whole page"),
    ],
)
def test_what_a_receiver_may_do(
    far_side: Receiver,
    answer: Answer,
    error: type[DeliveryError],
    details: dict[str, object],
) -> None:
    far_side.answers.append(answer)
    with pytest.raises(error) as caught:
        sender(far_side).send(MESSAGE)
    assert caught.value.details == details
    assert len(far_side.received) == 1, "a redirect is not followed, a failure not repeated at once"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(is_dripping=True, headers={"X-Filler": "x" * 200}), id="drips its headers"),
        pytest.param(Answer(is_dripping=True, body=b"x" * 200), id="drips its body"),
        pytest.param(Answer(is_silent=True), id="says nothing"),
    ],
)
def test_a_send_ends_at_its_deadline_whatever_the_receiver_does(far_side: Receiver, answer: Answer) -> None:
    """Each single byte comes in time; the whole answer would come 2 s later."""
    far_side.answers.append(answer)
    with pytest.raises(DeliveryFailed, match="没有在规定时间内应答完"):
        sender(far_side, total_seconds=0.3).send(MESSAGE)


def test_a_name_that_is_not_looked_up_in_time_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_keywords: is_over.wait())
    with pytest.raises(DeliveryFailed, match="解析"):
        resolve("http://hook.example/in", allow_private=True, seconds=0.05)
    is_over.set()


def test_a_send_ends_well_before_the_lease() -> None:
    """Else a second worker would send the same message meanwhile."""
    assert timedelta(seconds=webhook.TOTAL_SECONDS + LOOK_UP_SECONDS) <= outbox.LEASE / 2


def test_a_closed_port_is_a_failure_and_a_private_address_a_refusal(far_side: Receiver) -> None:
    with receiver() as gone:
        url = gone.url
    with pytest.raises(DeliveryFailed):
        sender(far_side, url=url).send(MESSAGE)
    careful = WebhookChannel("值班", url=far_side.url, secret=SECRET, now=lambda: NOW)
    with pytest.raises(DeliveryRejected, match="内网"):
        careful.send(MESSAGE)
    assert far_side.received == []


def test_the_name_is_kept_for_the_receiver_though_the_number_is_called(far_side: Receiver) -> None:
    """localhost may have two addresses of which one answers."""
    sender(far_side, url=far_side.url.replace("127.0.0.1", "localhost")).send(MESSAGE)
    assert far_side.received[0].headers["Host"].startswith("localhost:")


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "alerts.log").read_text(encoding="utf-8").splitlines()]


def test_the_log_has_one_readable_line_per_message(tmp_path: Path) -> None:
    target = LogChannel("日志", data_dir=tmp_path)
    other = Message(id="0123", number="YJ-20260616-02", level="red", title="t", text="一\n二", created_at=NOW)
    for message in (MESSAGE, other, MESSAGE, other):
        target.send(message)
    assert [line["id"] for line in lines(tmp_path)] == [MESSAGE.id, other.id]
    assert "橙色预警" in (tmp_path / "alerts.log").read_text(encoding="utf-8")
    assert (tmp_path / "alerts.log").stat().st_mode & 0o777 == 0o600


def test_a_line_cut_off_by_a_crash_is_written_again_on_a_line_of_its_own(tmp_path: Path) -> None:
    target = LogChannel("日志", data_dir=tmp_path)
    target.send(MESSAGE)
    path = tmp_path / "alerts.log"
    path.write_bytes(path.read_bytes()[:-20])
    target.send(MESSAGE)
    torn, whole = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(whole)["id"] == MESSAGE.id
    with pytest.raises(ValueError, match="."):
        json.loads(torn)


def test_a_log_that_cannot_be_written_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeliveryFailed):
        LogChannel("日志", data_dir=tmp_path / "missing").send(MESSAGE)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeliveryFailed):
        LogChannel("日志", data_dir=tmp_path).send(MESSAGE)


def test_channels_are_built_as_stored_and_deliver(database: Database, far_side: Receiver, tmp_path: Path) -> None:
    """Both channels end to end: the first answer of the receiver is an error inside a 200."""
    options: dict[str, object] = {"url": far_side.url, "secret": SECRET, "allow_private": True}
    configs = (
        ChannelConfig(name="值班", kind=ChannelKind.WEBHOOK, options=options),
        ChannelConfig(name="日志", kind=ChannelKind.LOG),
        ChannelConfig(name="停用", kind=ChannelKind.LOG, enabled=False),
    )
    with database.write() as connection:
        for config in configs:
            channel.save(connection, SYSTEM, config, now=NOW)
            outbox.enqueue(connection, MESSAGE, channel=config.name, now=NOW)
    channels = build(database, data_dir=tmp_path, now=lambda: NOW)
    assert {name: found.kind for name, found in channels.items()} == {"值班": "webhook", "日志": "log"}
    far_side.answers.extend([Answer(body=b'{"errcode":310000}'), Answer()])
    first = notify.deliver(database, channels, now=lambda: NOW)
    assert first == notify.DeliveryCount(sent=1, failed=1, rejected=1)
    again = notify.deliver(database, channels, now=lambda: NOW + outbox.WAITS[0])
    assert again == notify.DeliveryCount(sent=1)
    assert far_side.ids == [MESSAGE.id, MESSAGE.id]
    assert [line["id"] for line in lines(tmp_path)] == [MESSAGE.id]
