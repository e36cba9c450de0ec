"""Rule packs: what a text must not say, read from YAML files and validated before the first text is checked.

A pack names its word classes once; patterns use them as ``{name}``. Rules state a risk with its article and a way to
mend the text; they never judge legality. Patterns run over a text in lower case, half width and simplified characters.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import ConfigurationError
from core.personal import PersonalKind

BUILT_IN: Final = Path(__file__).parent / "rules"


class Context(StrEnum):
    """Where the text is going to appear."""

    ADVERT = "advert"
    STATEMENT = "statement"


class Level(StrEnum):
    """What a finding asks for, gravest first."""

    BLOCK = "block"
    EVIDENCE = "evidence"
    MISSING = "missing"
    MASK = "mask"
    WARN = "warn"


class Verified(StrEnum):
    """How well the article is known: read in full, second-hand, from memory."""

    FULL_TEXT = "full_text"
    SECOND_HAND = "second_hand"
    MEMORY = "memory"


class Reach(StrEnum):
    """Where an exemption's pattern is looked for."""

    TERM = "term"  # overlapping the quoted words
    BEFORE = "before"  # in the clause, ending in front of the quoted words
    CLAUSE = "clause"
    SENTENCE = "sentence"


class Effect(StrEnum):
    """What an exemption does to a finding: drop it, or leave it to a person."""

    CLEAR = "clear"
    REVIEW = "review"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Sentence = Annotated[str, Field(min_length=2)]
Patterns = tuple[re.Pattern[str], ...]


class Exemption(_Record):
    """A circumstance in which the words of a rule are allowed, or need a person's judgement.

    unless: patterns that keep the finding when they stand in the same reach.
    """

    id: str
    title: Sentence
    articles: tuple[Sentence, ...]
    effect: Effect
    reach: Reach
    patterns: Patterns = Field(min_length=1)
    unless: Patterns = ()


class Rule(_Record):
    """One kind of claim or content; a context without a level is not checked."""

    id: str
    title: Sentence
    articles: tuple[Sentence, ...] = Field(min_length=1)
    levels: dict[Context, Level] = Field(min_length=1)
    patterns: Patterns = ()
    personal: frozenset[PersonalKind] = frozenset()
    exemptions: tuple[str, ...] = ()
    reason: Sentence
    suggestion: Sentence
    effective_from: date
    verified: Verified
    positive: tuple[Sentence, ...] = Field(min_length=1)
    negative: tuple[Sentence, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        if not self.patterns and not self.personal:
            raise ValueError(f"{self.id} 需要 patterns 或 personal")
        return self


class RulePack(_Record):
    """One file of rules, with the exemptions its rules name."""

    id: str
    title: Sentence
    version: str
    exemptions: tuple[Exemption, ...] = ()
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _exemptions_are_known(self) -> Self:
        known = {exemption.id for exemption in self.exemptions}
        for rule in self.rules:
            if unknown := set(rule.exemptions) - known:
                raise ValueError(f"{rule.id} 引用了不存在的例外 {'、'.join(sorted(unknown))}")
        return self

    def exemptions_of(self, rule: Rule) -> tuple[Exemption, ...]:
        """Return the exemptions in the order the rule names them; one id may stand for several patterns."""
        return tuple(one for name in rule.exemptions for one in self.exemptions if one.id == name)


@dataclass(frozen=True, slots=True)
class RulePacks:
    """The packs a text is checked with."""

    packs: tuple[RulePack, ...]

    @property
    def version(self) -> str:
        """Name the packs and their versions: a stored report says what it was checked with."""
        return "; ".join(f"{pack.id} {pack.version}" for pack in self.packs)


@cache
def built_in_packs() -> RulePacks:
    """Return the packs that come with the product."""
    return read_packs(BUILT_IN)


def read_packs(folder: Path) -> RulePacks:
    """Read every ``*.yaml`` of a folder, by name.

    Raises ConfigurationError with file and place for what cannot be read, is not a valid pack, or repeats a rule id.
    """
    packs = tuple(_read_pack(path) for path in sorted(folder.glob("*.yaml")))
    if not packs:
        raise ConfigurationError("规则目录里没有规则包（*.yaml）", file=folder.name)
    names = [rule.id for pack in packs for rule in pack.rules]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(f"规则编号重复：{'、'.join(repeated)}", file=folder.name)
    return RulePacks(packs)


def _read_pack(path: Path) -> RulePack:
    content = _read_yaml(path)
    try:
        return RulePack.model_validate(_with_classes(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "整个文件"
        raise _broken(path, place, _problem(first["type"], first.get("ctx", {}).get("error"))) from error
    except _UnknownClass as error:
        raise _broken(path, "classes", f"缺少词类 {error}") from error


def _read_yaml(path: Path) -> object:
    try:
        content: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise _broken(path, "整个文件", "无法读取，应为 UTF-8 文本") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _broken(path, f"第 {mark.line + 1} 行" if mark else "整个文件", "不是有效的 YAML") from error
    except (yaml.YAMLError, ValueError) as error:  # the reader's own: a forbidden character, a date such as 2026-13-01
        raise _broken(path, "整个文件", "含有 YAML 不允许的字符或日期") from error
    return content


# pydantic's error types, in words for whoever edits a pack.
_PROBLEMS: Final = {
    "missing": "缺少此项",
    "extra_forbidden": "不认识此项",
    "enum": "取值不在允许范围内",
    "pattern_regex": "正则表达式无效",
    "too_short": "至少要有一项",
    "string_too_short": "内容太短",
    "date_from_datetime_parsing": "日期应写成 2026-01-31",
}


def _problem(kind: str, own: object) -> str:
    return str(own) if isinstance(own, ValueError) else _PROBLEMS.get(kind, "类型或取值无效")


def _broken(path: Path, place: str, problem: str) -> ConfigurationError:
    return ConfigurationError(f"规则包 {path.name} 有误（{place}）：{problem}", file=path.name, place=place)


class _UnknownClass(Exception):
    """A pattern names a word class that the pack does not have."""


def _with_classes(content: object) -> object:
    """Put the word classes into the patterns; what is not shaped like a pack is left for the validation."""
    if not isinstance(content, dict) or not isinstance(content.get("classes", {}), dict):
        return content
    classes: dict[str, str] = {}
    for name, words in content.get("classes", {}).items():
        longest_first = sorted(map(str, words if isinstance(words, list) else [words]), key=len, reverse=True)
        classes[name] = "(?:" + "|".join(longest_first) + ")"
    return {key: _filled(value, classes) for key, value in content.items() if key != "classes"}


def _filled(value: object, classes: dict[str, str]) -> object:
    if isinstance(value, dict):
        return {
            key: [_fill(one, classes) for one in part]
            if key in {"patterns", "unless"} and isinstance(part, list)
            else _filled(part, classes)
            for key, part in value.items()
        }
    return [_filled(one, classes) for one in value] if isinstance(value, list) else value


def _fill(pattern: object, classes: dict[str, str]) -> object:
    """Replace ``{name}``; quantifiers such as ``{0,6}`` hold no letters and stay."""

    def words(found: re.Match[str]) -> str:
        if found[1] not in classes:
            raise _UnknownClass(found[1])
        return classes[found[1]]

    return re.sub(r"\{([a-z_]+)\}", words, pattern) if isinstance(pattern, str) else pattern
