"""What the doors need of rooms they may not import: handed to them with the services, loaded when it is used."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from app import children, wiring
from core.settings import Settings
from crawler import definition
from crawler.checked import Checked
from crawler.definition import Source
from index.base import MentionIndex
from response.services import Services
from response.trial import Loaded, Trial

log = structlog.get_logger()

# Half a minute is what somebody waits in front of a page; the child itself stops asking before.
CHECK_SECONDS: Final = 30
CHILD_SECONDS: Final = 22
NOT_IN_TIME: Final = "没有在 30 秒内查完，请稍后重试"


class Tools:
    """See ``response.services.Tools``."""

    def frequencies(self, words: Sequence[str]) -> Mapping[str, int]:
        found: Mapping[str, int] = wiring.part("frequencies")(words)
        return found

    def check(
        self, settings: Settings, sources: Sequence[Source], site: str = "", *, is_inside: bool = False
    ) -> tuple[Checked, ...]:
        options = ["--site", site, *(["--inside"] if is_inside else [])] if site else []
        lines = _asked(settings, sources, options)
        found = {each.name: each for each in lines}
        names = [source.name for source in sources]
        missing = [Checked(name=name, is_ok=False, reason=NOT_IN_TIME) for name in names if name not in found]
        others = [each for each in lines if each.name not in names]
        if site and not others:
            others = [Checked(name=site, is_ok=False, reason=NOT_IN_TIME)]
        return (*others, *(found[name] for name in names if name in found), *missing)

    def try_file(self, services: Services, path: Path) -> Trial:
        trial: Trial = wiring.part("try_file")(services, path)
        return trial

    def load_file(self, services: Services, path: Path, *, source: str) -> Loaded:
        loaded: Loaded = wiring.part("load_file")(services, path, source=source)
        return loaded

    @contextmanager
    def scratch_index(self, settings: Settings) -> Iterator[MentionIndex]:
        with (
            tempfile.TemporaryDirectory(prefix="tingfeng-") as folder,
            wiring.build_scratch(settings, Path(folder)) as index,
        ):
            yield index


def _asked(settings: Settings, sources: Sequence[Source], options: Sequence[str]) -> list[Checked]:
    """What the child said until it ended, or was ended."""
    with tempfile.TemporaryDirectory(prefix="tingfeng-") as folder:
        file, said = Path(folder) / "sources.yaml", Path(folder) / "checked.jsonl"
        given = {"sources": [definition.definition(source) for source in sources]}
        file.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
        command = [sys.executable, "-m", "app.cli", "source", "check", str(file), "--seconds", str(CHILD_SECONDS)]
        with said.open("wb") as out:
            try:
                subprocess.run(
                    [*command, "--supervised", *options],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    env=children.environment(settings),
                    timeout=CHECK_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                log.warning("check of sources was ended", seconds=CHECK_SECONDS)
        return [Checked(**json.loads(line)) for line in said.read_bytes().splitlines() if line.endswith(b"}")]
