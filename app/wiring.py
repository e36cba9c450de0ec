"""Assemble the product: the only constructor of engines, channels and clocks.

Engines are loaded by name through one table, so that what a settings file does not use is never imported.
Tests call ``build`` with other settings, not with patches.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from alerts.channels.base import Channel
from app.clock import Now, system_clock
from app.migrations import is_current
from core.database import Database
from core.errors import ConfigurationError
from core.settings import IndexEngine, Settings, secret_key
from index.base import MentionIndex
from response.services import Services

# What is built on demand: name → module, function. A row is imported when it is used, never before.
PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "embedded": ("index.embedded", "EmbeddedIndex"),
    "elastic": ("index.elastic", "ElasticIndex"),
    "segmenter": ("nlp.segment", "Segmenter"),
    "analyser": ("nlp.analyse", "Analyser"),
    "channels": ("alerts.channels.build", "build"),
    "upgrade": ("app.migrations.upgrade", "upgrade"),
    "check": ("crawler.check", "check"),
    "tools": ("app.tools", "Tools"),
    "frequencies": ("nlp.everyday", "frequencies"),
    "try_file": ("app.imports.preview", "try_file"),
    "load_file": ("app.imports.preview", "load_file"),
}


def part(name: str) -> Any:  # Any: a class or function of another room, typed where it is used
    """Load one part of the table."""
    module, attribute = PARTS[name]
    return getattr(import_module(module), attribute)


def build(settings: Settings, *, now: Now | None = None, fresh_index: bool = False) -> Services:
    """Open the stores (tables brought up to date) and return the bundle every door and job receives.

    fresh_index: empty the index first, to fill it anew.

    Raises ConfigurationError (bad address, folder not writable) and StoreUnavailable (server away).
    """
    clock = now or system_clock(settings.clock_offset_seconds)
    database = build_database(settings)
    return Services(
        database=database,
        index=build_index(settings, fresh=fresh_index),
        channels=build_channels(settings, database, now=clock),
        settings=settings,
        now=clock,
        tools=part("tools")(),
    )


def build_database(settings: Settings) -> Database:
    """The state database with the tables of this release, and the installation's secret beside it."""
    secret_key(settings)
    database = Database(settings.state_url)
    if not is_current(database):
        part("upgrade")(database)
    return database


def build_index(settings: Settings, *, fresh: bool = False) -> MentionIndex:
    """The engine the settings name. The tokeniser has no brand words: writes and searches must cut alike for years."""
    tokenise: Callable[[str], list[str]] = part("segmenter")(settings.segmenter).cut
    index: MentionIndex
    if settings.index_engine is IndexEngine.EMBEDDED:
        index = part("embedded")(settings.index_file, tokenise=tokenise, fresh=fresh)
        return index
    if not settings.elasticsearch_url:
        raise ConfigurationError("使用 Elasticsearch 时请设置 TINGFENG_ELASTICSEARCH_URL", setting="elasticsearch_url")
    key = settings.elasticsearch_api_key
    index = part("elastic")(
        settings.elasticsearch_url,
        tokenise=tokenise,
        fresh=fresh,
        prefix=settings.elasticsearch_index,
        api_key=key.get_secret_value() if key is not None else None,
    )
    return index


def build_scratch(settings: Settings, folder: Path) -> AbstractContextManager[MentionIndex]:
    """An empty index in a folder of its own: always the embedded engine, because it is thrown away."""
    cut: Callable[[str], list[str]] = part("segmenter")(settings.segmenter).cut
    return closing(part("embedded")(folder / "index.sqlite3", tokenise=cut, fresh=True))


def build_channels(settings: Settings, database: Database, *, now: Now) -> Mapping[str, Channel]:
    """Senders for the channels stored at this moment; call again after a change."""
    channels: Mapping[str, Channel] = part("channels")(database, data_dir=settings.data_dir, now=now)
    return channels
