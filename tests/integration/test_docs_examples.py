"""The examples of the documentation, run: curl's lines against the API, the webhook's body and its check."""

import argparse
import json
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from string import Template
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from alerts import alert, channel, notify
from alerts.channel import ChannelConfig, ChannelKind
from alerts.channels import webhook
from api import server as api_server
from app import duties, server
from core import sender
from core.access import SYSTEM
from core.database import Database
from core.settings import secret_key
from response.services import Services
from tests.conftest import ADMIN_PASSWORD, REPOSITORY
from tests.integration.test_alert_store import NOW, a_finding
from tests.integration.test_api import filled

__all__ = ["filled"]  # a fixture

DOCS = REPOSITORY / "docs"


def block(page: str, language: str) -> str:
    """The one block of this language on the page."""
    [found] = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S)
    return str(found)


def curl() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("curl")
    parser.add_argument("url")
    for flag in ("-s", "-G"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d", "--data-urlencode", action="append", default=[], dest="data")
    return parser


class Shell:
    """As much of a shell, curl and jq as the example needs; what it does not know is an error."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.variables: dict[str, str] = {}
        self.said: list[Any] = []

    def run(self, script: str) -> None:
        for line in script.replace("\\\n", " ").splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            name, rest = line.split("=", 1) if re.match("[A-Z]+=", line) else ("", line)
            if not rest.startswith(("$(", "curl")):
                self.variables[name] = rest
            elif name:
                [self.variables[name]] = map(str, self.ask(rest[2:-1]))
            else:
                self.said.append(self.ask(rest))

    def ask(self, command: str) -> list[Any]:
        words, _, wanted = command.rpartition(" | jq ")
        filled = [Template(word).substitute(self.variables) for word in shlex.split(words)]
        given = curl().parse_args(filled)
        path = given.url.removeprefix("http://127.0.0.1:8080")
        headers = dict(header.split(": ", 1) for header in given.H)
        if given.G or not given.data:
            parameters = [tuple(each.split("=", 1)) for each in given.data]
            self.check(path, "get", {name for name, _ in parameters})
            answer = self.client.get(path, params=parameters, headers=headers)
        else:
            self.check(path, "post", set(json.loads(given.data[0])))
            answer = self.client.post(path, content=given.data[0], headers=headers)
        assert answer.is_success, answer.text
        return list(pick(answer.json(), shlex.split(wanted)[-1]))

    def check(self, path: str, method: str, names: set[str]) -> None:
        """FastAPI ignores what it does not know; a reader would wonder."""
        schema = self.client.get("/api/v1/openapi.json").json()
        [known] = [each for each in schema["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each), path)]
        operation = schema["paths"][known][method]
        accepted = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        for body in operation.get("requestBody", {}).get("content", {}).values():
            accepted |= set(schema["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]["properties"])
        assert names <= accepted, (path, names - accepted)


def pick(value: Any, path: str) -> Iterator[Any]:
    """jq's .name, [0] and []; a missing name is an error."""
    step = re.match(r"\.?(\w+)|\.?\[(\d*)\]", path)
    if step is None:
        yield value
        return
    inner = value if step[2] == "" else [value[step[1] if step[1] else int(step[2])]]
    for each in inner:
        yield from pick(each, path[step.end() :])


def test_the_example_of_the_api_runs(filled: TestClient, services: Any) -> None:
    duties.evaluate(services)
    shell = Shell(filled)
    shell.run(block("api.md", "sh").replace("账号的密码", ADMIN_PASSWORD))
    first, second, status = shell.said
    assert (len(first), len(second)) == (2, 2)
    assert set(first).isdisjoint(second)
    assert status == ["acknowledged"]


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="the example needs curl and openssl")
def test_the_example_of_a_push_runs(services: Services) -> None:
    with services.database.write() as connection:
        sender.add(connection, SYSTEM, "热线系统", now=services.now())
    secret = sender.secret(secret_key(services.settings), "热线系统", 1)
    at = replace(services, now=lambda: datetime.now(UTC))  # the example asks the machine's clock
    listening = server.bind("127.0.0.1", 0)
    listening.listen()
    running = uvicorn.Server(uvicorn.Config(api_server.build(at), log_config=None))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        script = block("guide.md", "sh").replace("登记时显示的密钥", secret)
        script = script.replace(":8080/", f":{listening.getsockname()[1]}/")
        for expected in ("new", "new", "repeated"):
            if expected == "repeated":
                script = script.replace("-0001'", "-0002'")
            said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout
            assert [each["status"] for each in json.loads(said)["results"]] == [expected], said
    finally:
        running.should_exit = True
        thread.join()


def test_the_body_of_the_webhook_is_described_whole(database: Database) -> None:
    with database.write() as connection:
        channel.save(connection, SYSTEM, ChannelConfig(name="日志", kind=ChannelKind.LOG), now=NOW)
        merged = alert.merge(connection, a_finding(), now=NOW)
        message = notify.compose(connection, merged, now=NOW, public_url="https://ting.example")
    sent, shown = json.loads(webhook.body_of(message)), json.loads(block("notifications.md", "json"))
    assert list(shown) == list(sent)
    assert list(shown["fields"]) == list(sent["fields"])
    page = (DOCS / "notifications.md").read_text(encoding="utf-8")
    named = {*sent, *(f"fields.{key}" for key in sent["fields"])} - {"fields"}
    assert {name for name in named if f"`{name}`" not in page.partition("| 键 |")[2]} == set()
    times = [sent["created_at"], sent["fields"]["window_start"], sent["fields"]["window_end"]]
    assert all(moment.endswith("+08:00") for moment in times), times


@pytest.mark.parametrize(
    ("secret", "body", "seconds", "is_accepted"),
    [
        ("whsec_demo", "负面", 0, True),
        ("whsec_demo", "负面", 299, True),
        ("whsec_demo", "负面", 301, False),
        ("whsec_demo", "正面", 0, False),
        ("another", "负面", 0, False),
    ],
)
def test_the_check_of_the_signature_runs(secret: str, body: str, seconds: int, is_accepted: bool) -> None:
    names: dict[str, Any] = {}
    exec(block("notifications.md", "python"), names)
    at = datetime(2026, 6, 16, tzinfo=UTC)
    header = webhook.signature("whsec_demo", "负面".encode(), at=at)
    assert names["is_from_tingfeng"](secret, header, body.encode(), at.timestamp() + seconds) is is_accepted
