"""Risk classes of a mention (safety, casualty, fraud ...) by dictionary; a negated word (没有召回) is no risk.

Class names are English because they are stored and queried; pages show them in Chinese.
"""

from functools import cache

from core.mention import Label
from nlp.rules import INDUSTRY_PACKS, RuleTable


def risks(title: str, text: str) -> tuple[Label, ...]:
    """The risk classes of a mention with the words that made them."""
    return _table().labels(title, text)


@cache
def _table() -> RuleTable:
    return RuleTable("risks", INDUSTRY_PACKS, reads_negation=True)
