"""Reading a Dockerfile and carrying out its lines below one folder."""

import subprocess
from pathlib import Path

import pytest

from tests.dockerfile import Build, Refused, build, instructions, kept_paths, left_out

EXAMPLE = r"""
# a comment
FROM base AS build
WORKDIR /source
COPY one.txt ./
run mkdir /made \
    && cat one.txt \
    # in between
    > /made/two.txt
FROM base
COPY --from=build /made /made
ENV PATH=/made/bin:$PATH \
    PLACE=/made
CMD ["/elsewhere/program"]
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "one.txt").write_text("青柠")
    return folder


def carried_out(text: str, context: Path) -> Build:
    root = context.parent / "root"
    root.mkdir()
    return build(text, context=context, root=root)


def test_continuations_are_joined_and_comments_left_out() -> None:
    lines = list(instructions(EXAMPLE))
    assert [line.name for line in lines] == ["FROM", "WORKDIR", "COPY", "RUN", "FROM", "COPY", "ENV", "CMD"]
    assert lines[3].text == "mkdir /made && cat one.txt > /made/two.txt"


def test_everything_lands_below_the_folder(context: Path) -> None:
    image = carried_out(EXAMPLE, context)
    assert (image.root / "made/two.txt").read_text() == "青柠"
    assert image.environment["PATH"].startswith(f"{image.root}/made/bin:")
    assert image.environment["PLACE"] == f"{image.root}/made"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("RUN echo x > /etc/motd", "/etc/motd"),
        ("WORKDIR /data\nRUN touch /data/../usr/x /data-of-others", "/data-of-others"),
        ("FROM a AS b\nCOPY --from=b /here /there", "same"),
    ],
)
def test_what_would_leave_the_folder_is_refused(context: Path, text: str, named: str) -> None:
    with pytest.raises(Refused, match=named):
        carried_out(text, context)


def test_a_failing_line_fails_the_build(context: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        carried_out("RUN false; true", context)


def test_copying_all_copies_what_the_ignore_file_keeps(context: Path) -> None:
    (context / ".dockerignore").write_text("# what is kept\n*\n!room\n**/__pycache__\n")
    (context / "room/__pycache__").mkdir(parents=True)
    (context / "room/words.yaml").touch()
    image = carried_out("WORKDIR /source\nCOPY . ./", context)
    assert [path.name for path in (image.root / "source").rglob("*")] == ["room", "words.yaml"]


def test_an_ignore_file_that_keeps_everything_is_refused() -> None:
    with pytest.raises(Refused, match="dockerignore"):
        kept_paths("node_modules\n")


def test_a_file_that_was_not_installed_is_named(context: Path) -> None:
    (context / ".dockerignore").write_text("*\n!room\n")
    (context / "room").mkdir()
    for name in ("__init__.py", "words.yaml"):
        (context / "room" / name).touch()
    installed = context / "installed"
    (installed / "room").mkdir(parents=True)
    (installed / "room/__init__.py").touch()
    assert left_out(installed, context=context) == ["room/words.yaml"]
