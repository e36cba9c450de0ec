"""From a query tree to SQL over the tables of ``index.schema``. Values are always bound, never spelled into SQL.

A plan has one driver, the table whose rows are walked: the full text when the query demands words, else a brand's
mentions, else all mentions. Everything else is a condition on the driver's row; no condition is ever NULL.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from core.mention import SHANGHAI
from index.base import Dimension
from index.entry import milliseconds
from index.node import And, Field, Node, Not, OneOf, Or, Period, Words
from index.query import SHOWN
from index.segments import Tokenise, phrase

Parameters: TypeAlias = list[str | int]

_SEVERAL: Final = {Field.BRAND: "mention_brand", Field.RISK: "mention_risk"}
_ROLLED_UP: Final = frozenset({Dimension.BRAND, Dimension.DAY, Dimension.PLATFORM, Dimension.SENTIMENT})
_ID: Final = "coalesce((SELECT id FROM name WHERE value = ?), -1)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``SELECT ... FROM source WHERE where``. key: the driver's order_key. count: how rows are counted."""

    source: str
    where: str
    parameters: Parameters
    key: str = "f.order_key"
    count: str = "count(*)"


def plan(node: Node, tokenise: Tokenise, *, is_list: bool) -> Plan:
    """is_list: rows are wanted newest first, so the driver is walked in its order and no time index is used."""
    conditions = _conjuncts(node)
    match, rest = _split(conditions, tokenise)
    plus = "+" if is_list else ""  # the unary plus keeps SQLite from using an index on the column
    if match is not None:
        where = _Where(tokenise, at=f"{plus}f.at", parameters=[match])
        source = "words CROSS JOIN facet f ON f.order_key = words.rowid"
        return where.plan(source, "words MATCH ?", rest, key="words.rowid")
    brand = next((condition for condition in conditions if _is_one_brand(condition)), None)
    if isinstance(brand, OneOf):
        rest = [condition for condition in conditions if condition is not brand]
        where = _Where(tokenise, at=f"{plus}b.at", parameters=list(brand.values))
        source = "mention_brand b CROSS JOIN facet f ON f.order_key = b.order_key"
        return where.plan(source, f"b.brand = {_ID}", rest, key="b.order_key")
    return _Where(tokenise, at=f"{plus}f.at").plan("facet f", "1", conditions, key="f.order_key")


def rollup_plan(node: Node, by: Sequence[Dimension]) -> Plan | None:
    """The same counts out of the rollup, or None when it does not hold the answer.

    It counts a mention once for each of its brands, so either one brand is asked for or brands are counted.
    """
    conditions = _conjuncts(node)
    brands = [condition for condition in conditions if isinstance(condition, OneOf) and condition.field is Field.BRAND]
    is_once = not brands if Dimension.BRAND in by else len(brands) == 1 and _is_one_brand(brands[0])
    if SHOWN not in conditions or not is_once or not _ROLLED_UP.issuperset(by):
        return None
    texts = ["r.n > 0"]
    parameters: Parameters = []
    for condition in conditions:
        if condition == SHOWN:
            continue
        found = _rollup_condition(condition)
        if found is None:
            return None
        texts.append(found[0])
        parameters.extend(found[1])
    return Plan(source="rollup r", where=" AND ".join(texts), parameters=parameters, count="coalesce(sum(r.n), 0)")


def facet_columns(by: Sequence[Dimension]) -> tuple[list[str], str]:
    """The column of each dimension, and the joins that bring those with several values."""
    columns = {dimension: f"f.{dimension}" for dimension in by}
    joins = ""
    for dimension, table in ((Dimension.BRAND, "mention_brand"), (Dimension.RISK, "mention_risk")):
        if dimension in columns:
            columns[dimension] = f"g_{dimension}.{dimension}"
            joins += f" JOIN {table} g_{dimension} ON g_{dimension}.order_key = f.order_key"
    columns |= {Dimension.DAY: "f.hour / 24"} if Dimension.DAY in columns else {}
    return [columns[dimension] for dimension in by], joins


def _conjuncts(node: Node) -> list[Node]:
    return list(node.nodes) if isinstance(node, And) else [node]


def _is_one_brand(node: Node) -> bool:
    return isinstance(node, OneOf) and node.field is Field.BRAND and len(node.values) == 1


def _split(conditions: Sequence[Node], tokenise: Tokenise) -> tuple[str | None, list[Node]]:
    """One full text expression for all conditions FTS5 can judge, and the others. It cannot only exclude."""
    wanted: list[str] = []
    excluded: list[str] = []
    rest: list[Node] = []
    for condition in conditions:
        is_excluded = isinstance(condition, Not)
        text = _expression(condition.node if isinstance(condition, Not) else condition, tokenise)
        if text is None:
            rest.append(condition)
        else:
            (excluded if is_excluded else wanted).append(text)
    if not wanted:
        return None, list(conditions)
    match = " AND ".join(wanted)
    return (f"({match}) NOT ({' OR '.join(excluded)})" if excluded else f"({match})"), rest


def _expression(node: Node, tokenise: Tokenise) -> str | None:
    """The node in FTS5's own language, or None when it asks for more than words. A phrase is put in quotes."""
    match node:
        case Words(text):
            return '"' + " ".join(phrase(text, tokenise)).replace('"', '""') + '"'
        case And(nodes):
            joined, rest = _split(nodes, tokenise)
            return None if rest else joined
        case Or(nodes):
            parts = [_expression(child, tokenise) for child in nodes]
            known = [part for part in parts if part is not None]
            return f"({' OR '.join(known)})" if len(known) == len(parts) else None
        case _:
            return None


@dataclass(slots=True)
class _Where:
    """Spells conditions on the driver's row and collects their values in the same order."""

    tokenise: Tokenise
    at: str
    parameters: Parameters = field(default_factory=list)

    def plan(self, source: str, first: str, rest: Sequence[Node], *, key: str) -> Plan:
        where = " AND ".join([first, *(self.spelled(node) for node in rest)])
        return Plan(source=source, where=where, parameters=self.parameters, key=key)

    def spelled(self, node: Node) -> str:
        text = _expression(node, self.tokenise)
        if text is not None:
            self.parameters.append(text)
            return "f.order_key IN (SELECT rowid FROM words WHERE words MATCH ?)"
        match node:
            case OneOf(name, values):
                return self._one_of(name, values)
            case Period(since, until):
                return self._period(since, until)
            case Not(inner):
                return f"NOT ({self.spelled(inner)})"
            case And(nodes):
                return "(" + " AND ".join(self.spelled(child) for child in nodes) + ")"
            case Or(nodes):
                return "(" + " OR ".join(self.spelled(child) for child in nodes) + ")"
            case _:
                return "1"

    def _one_of(self, name: Field, values: Sequence[str]) -> str:
        self.parameters.extend(values)
        marks = ", ".join("?" * len(values))
        if name is Field.ID:
            return f"f.order_key IN (SELECT order_key FROM mention WHERE id IN ({marks}))"
        ids = f"= {_ID}" if len(values) == 1 else f"IN (SELECT id FROM name WHERE value IN ({marks}))"
        if table := _SEVERAL.get(name):
            return f"EXISTS (SELECT 1 FROM {table} v WHERE v.order_key = f.order_key AND v.{name} {ids})"
        return f"f.{name} {ids}"

    def _period(self, since: datetime | None, until: datetime | None) -> str:
        bounds = [(">=", since), ("<", until)]
        self.parameters.extend(milliseconds(moment) for _, moment in bounds if moment is not None)
        return " AND ".join(f"{self.at} {sign} ?" for sign, moment in bounds if moment is not None)


def _rollup_condition(node: Node) -> tuple[str, Parameters] | None:
    match node:
        case OneOf(Field.BRAND | Field.PLATFORM | Field.SENTIMENT as name, values):
            marks = ", ".join("?" * len(values))
            return f"r.{name} IN (SELECT id FROM name WHERE value IN ({marks}))", list(values)
        case Period(since, until):
            bounds = [(sign, moment.astimezone(SHANGHAI)) for sign, moment in ((">=", since), ("<", until)) if moment]
            if any((local.hour, local.minute, local.second, local.microsecond) != (0, 0, 0, 0) for _, local in bounds):
                return None
            return " AND ".join(f"r.day {sign} ?" for sign, _ in bounds), [local.toordinal() for _, local in bounds]
        case _:
            return None
