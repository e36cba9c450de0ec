"""Aspects (关注点) a mention speaks of (刹车, 续航, 服务 ...) by dictionary, whatever it says about them."""

from functools import cache

from core.mention import Label
from nlp.rules import INDUSTRY_PACKS, RuleTable


def aspects(title: str, text: str) -> tuple[Label, ...]:
    """The aspects of a mention with the words that made them; names in Chinese, as users read them."""
    return _table().labels(title, text)


@cache
def _table() -> RuleTable:
    return RuleTable("aspects", INDUSTRY_PACKS, reads_negation=False)
