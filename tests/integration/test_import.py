"""``tingfeng import``: one answer per line, and the rules that every mention passes on its way in."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import import_
from app.cli.import_ import import_ as run
from core import inbox
from core.mention import mention_id
from response.services import Services
from tests.factories import NOON


@pytest.mark.parametrize("is_hashed", [True, False])
def test_authors_are_hashed_where_the_setting_says_so(
    services: Services, tmp_path: Path, capfdbinary, monkeypatch, is_hashed: bool
) -> None:
    hashing = services.settings.model_copy(update={"hash_authors": is_hashed})
    monkeypatch.setattr(import_, "services_of", lambda *_: replace(services, settings=hashing))
    lines = [
        {
            "url": f"https://a.example/{n}",
            "text": "刹车\ud800",
            "author": author,
            "author_id": "u7",
            "seen_at": str(NOON),
        }
        for n, author in enumerate(["陈晓", "陈晓", "李明", None])
    ]
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(map(json.dumps, [*lines, {"url": "https://a.example/9", "native_id": "\x00"}])))
    answers = []
    for _ in range(2):
        run(file)
        answers.append([json.loads(line) for line in capfdbinary.readouterr().out.splitlines()])
    assert [[line.get("status") for line in answer] for answer in answers] == [
        ["new"] * 4 + [None],
        ["repeated"] * 4 + [None],
    ]
    assert "native_id" in answers[0][4]["error"]["message"]
    with services.database.read() as connection:
        found = [inbox.get(connection, mention_id(str(line["url"]))) for line in lines]
    stored = [(mention.author, mention.author_id, mention.text) for mention in found if mention]
    assert {text for _, _, text in stored} == {"刹车\ufffd"}
    authors, ids = [author for author, _, _ in stored], {author_id for _, author_id, _ in stored}
    if not is_hashed:
        assert (authors, ids) == (["陈晓", "陈晓", "李明", None], {"u7"})
        return
    assert authors[0] == authors[1] != authors[2]
    assert authors[3] is None
    assert not {"陈晓", "李明", "u7"} & {*authors, *ids}
    assert len(ids) == 1
