"""Brand matching: places, spellings, boundaries, exclusion rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mention import BrandMatch
from core.watchlist import Brand
from nlp.lexicon import WINDOW, Lexicon

LIME = Brand(
    name="青柠汽车",
    aliases=("青柠L7", "青宁汽车", "QN L7", "柠檬车"),
    ambiguous=("青柠",),
    exclusions=("苏打水", "果汁", "青柠味"),
)
WHALE = Brand(name="蓝鲸汽车", aliases=("蓝鲸", "M&W", "Find X"), is_own=False)
LEXICON = Lexicon([LIME, WHALE])
FAR = "今天天气真好，" * (WINDOW // 7 + 1)


def places(matches: tuple[BrandMatch, ...]) -> list[tuple[str, str]]:
    return [(match.brand, span.words) for match in matches for span in match.spans]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我的青柠L7到了", ["青柠L7"]),
        ("青柠l7 和 青柠Ｌ７", ["青柠l7", "青柠Ｌ７"]),
        ("青檸汽車發布會", ["青檸汽車"]),
        ("青柠 L7、青柠-L7", ["青柠 L7", "青柠-L7"]),
        ("QN L7、qnl7、QN-L7、ＱＮ　Ｌ７", ["QN L7", "qnl7", "QN-L7", "ＱＮ　Ｌ７"]),
        ("青\u200b柠L7异响", ["青\u200b柠L7"]),
        ("aQN L7b", []),
        ("QN L7b", []),
        ("xQN L7", []),
        ("青宁\n汽车", []),
        ("青宁 汽车", []),
        ("QN\nL7", []),
        ("QN     L7", []),
        ("m&w，Find　X，findx8", ["m&w", "Find　X"]),
        ("", []),
        ("\ud800青宁汽车\udfff", ["青宁汽车"]),
    ],
)
def test_spellings_and_boundaries(text: str, found: list[str]) -> None:
    assert [words for _, words in places(LEXICON.match("", text))] == found


def test_the_longest_alias_wins_and_names_the_match() -> None:
    (match,) = LEXICON.match("青柠出事了", "青柠汽车的青柠L7，青柠汽车回应")
    assert match.alias == "青柠汽车"
    assert [(span.part, span.start, span.end) for span in match.spans] == [
        ("title", 0, 2), ("text", 0, 4), ("text", 5, 9), ("text", 10, 14),
    ]  # fmt: skip


def test_a_shorter_alias_counts_where_the_longer_one_breaks_a_word() -> None:
    lexicon = Lexicon([Brand(name="甲", aliases=("QN", "QN L7"))])
    assert places(lexicon.match("", "QN L7b")) == [("甲", "QN")]


def test_brands_come_in_the_order_of_the_mention() -> None:
    assert [match.brand for match in LEXICON.match("", "蓝鲸和青柠L7对比")] == ["蓝鲸汽车", "青柠汽车"]


@pytest.mark.parametrize(
    ("title", "text", "excluded_by"),
    [
        ("", "青柠苏打水踩雷了", "排除词：苏打水"),
        ("", "青柠味的薯片", "排除词：青柠味"),
        ("", f"青柠真香。{FAR}苏打水也不错", "排除词：苏打水"),  # anywhere, for want of a clear name
        ("喝了一瓶苏打水", f"{FAR}青柠真酸", "排除词：苏打水"),
        ("", "青柠车主们好", ""),
        ("", "青柠L7车主在喝苏打水", ""),
        ("", f"青柠L7刹车失灵。{FAR}回家喝了青柠苏打水", ""),
        ("", f"青柠L7到店。{FAR}青柠的服务。{FAR}苏打水", ""),
    ],
)
def test_exclusion_words_rule_out_ambiguous_aliases(title: str, text: str, excluded_by: str) -> None:
    (match,) = LEXICON.match(title, text)
    assert match.excluded_by == excluded_by
    assert all(span.rule == excluded_by for span in match.spans)


def test_a_counting_brand_shows_only_the_places_that_count() -> None:
    (match,) = LEXICON.match("", f"青柠L7刹车失灵。{FAR}回家喝了青柠苏打水")
    assert [span.words for span in match.spans] == ["青柠L7"]


def test_without_ambiguous_aliases_exclusions_reach_all_of_them_but_only_nearby() -> None:
    lexicon = Lexicon([Brand(name="青柠", exclusions=("苏打水",))])
    near, far = lexicon.match("", "青柠苏打水"), lexicon.match("", f"青柠召回。{FAR}{FAR}苏打水")
    assert (near[0].excluded_by, far[0].excluded_by) == ("排除词：苏打水", "")


def test_disabled_brands_are_not_looked_for() -> None:
    assert Lexicon([Brand(name="青柠汽车", enabled=False)]).match("", "青柠汽车") == ()
    assert Lexicon([]).match("", "青柠汽车") == ()


def test_the_version_names_the_words_not_their_order() -> None:
    assert Lexicon([LIME, WHALE]).version == Lexicon([WHALE, LIME]).version != Lexicon([LIME]).version


@given(
    st.text(),
    st.lists(st.sampled_from(["青柠", "L7", "苏打水", "QN L7", " ", "\u200b", "😀", "\ud800", "，"]), max_size=40).map(
        "".join
    ),
)
def test_spans_are_those_of_the_text_as_given(title: str, text: str) -> None:
    parts = {"title": title, "text": text}
    for match in LEXICON.match(title, text):
        for span in match.spans:
            assert parts[span.part][span.start : span.end] == span.words
            assert span.words


def test_an_ambiguous_alias_may_be_written_in_another_case() -> None:
    lexicon = Lexicon([Brand(name="青柠汽车", aliases=("Lime",), ambiguous=("lime",), exclusions=("soda",))])
    assert [match.excluded_by for match in lexicon.match("", "LIME Soda")] == ["排除词：soda"]
