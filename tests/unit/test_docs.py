"""Documentation that cannot rot: the generated pages are what the code says, the README's commands exist."""

import re
import runpy

import pytest

from tests.conftest import REPOSITORY

DOCS = REPOSITORY / "docs"


def test_generated_pages_are_up_to_date() -> None:
    pages = runpy.run_path(str(DOCS / "generate.py"))["pages"]()
    stale = [name for name, text in pages.items() if (DOCS / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run: python docs/generate.py"


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`?make ([a-z-]+)", readme))
    assert {"demo", "test"} <= named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.M)] == []


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) if target]
    assert [target for target in targets if not (DOCS / target).exists()] == []


def test_links_inside_the_api_page_lead_to_a_shape() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    shapes = {title.lower().replace(".", "") for title in re.findall(r"^### (\S+)$", text, re.M)}
    assert {"page", "alert", "alertsfinding"} <= shapes
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= shapes
