"""Commands as scripts use them: a line is JSON with the types of the data."""

from pathlib import Path

from tests.faults import product

SOURCE = """
name: 车友会
kind: listing
url: https://forum.example/board
crawl_delay_seconds: 2.5
selectors: {item: li, link: a}
"""


def test_sources_are_listed_with_their_types(tmp_path: Path) -> None:
    (tmp_path / "source.yaml").write_text(SOURCE, encoding="utf-8")
    product.done(tmp_path, "source", "add", "source.yaml")
    (line,) = product.done(tmp_path, "source", "list")
    assert (line["name"], line["kind"], line["crawl_delay_seconds"], line["max_pages"]) == ("车友会", "listing", 2.5, 5)
    assert (line["enabled"], line["consecutive_failures"], line["last_error_code"]) == (True, 0, None)
    assert line["selectors"] == {"item": "li", "link": "a"}
    assert line["next_due_at"].endswith("+08:00")
