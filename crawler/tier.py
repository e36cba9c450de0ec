"""The tier of a site by its host: from a list that the user owns, or the one that comes with the product."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from core import plain_yaml
from core.errors import ConfigurationError
from core.mention import Tier

# Beside tingfeng.yaml; ``tingfeng init`` writes it.
FILE: Final = "tiers.yaml"

Tiers = Mapping[str, Tier]


def tier_of(host: str, listed: Tiers) -> Tier:
    """That of the longest listed domain the host belongs to, else C."""
    labels = host.lower().rstrip(".").split(".")
    domains = (".".join(labels[start:]) for start in range(len(labels)))
    return next((listed[domain] for domain in domains if domain in listed), Tier.C)


def read(path: Path) -> Tiers:
    """The user's list. Raises ConfigurationError."""
    try:
        return _read(path.read_text(encoding="utf-8-sig"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"等级名单 {path.name} 无法读取（应为 UTF-8 文本）") from error


def starting_text() -> str:
    """The file that comes with the product."""
    return files("crawler").joinpath(FILE).read_text(encoding="utf-8")


@cache
def starting_list() -> Tiers:
    """What that file says."""
    return _read(starting_text(), FILE)


def _read(text: str, name: str) -> Tiers:
    values = plain_yaml.load(text, name)
    if not isinstance(values, Mapping):
        raise ConfigurationError(f"等级名单 {name} 应为 等级: [域名…]")
    found: dict[str, Tier] = {}
    for tier, domains in values.items():
        if tier not in Tier.__members__ or not isinstance(domains, list):
            raise ConfigurationError(f"等级名单 {name} 的 {tier} 有误：等级为 S、A、B、C，其下是域名的列表")
        found |= {str(domain).lower(): Tier(tier) for domain in domains}
    return found
