"""The whole analysis of a mention."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError
from core.mention import Analysis, Sentiment, analysis_from_json, analysis_to_json
from core.watchlist import Brand
from nlp.analyse import Analyser
from tests.factories import a_mention

BRANDS = [
    Brand(name="青柠汽车", aliases=("青柠L7", "QN L7"), ambiguous=("青柠",), exclusions=("苏打水",)),
    Brand(name="蓝鲸汽车", aliases=("蓝鲸S5", "蓝鲸"), is_own=False),
]
ANALYSER = Analyser(BRANDS)


def analyse(text: str, title: str = "") -> Analysis:
    return ANALYSER.analyse(a_mention(title=title, text=text))


def targets(analysis: Analysis) -> dict[str, Sentiment]:
    return {target.brand: target.sentiment.label for target in analysis.targets}


def test_a_complaint() -> None:
    analysis = analyse("连踩三脚才停下来，4S店说是正常现象，投诉没人管。", title="qn-l7高速上刹车踩不动")
    assert analysis.brand_names == ("青柠汽车",)
    assert analysis.sentiment.label is Sentiment.NEGATIVE
    assert analysis.sentiment.reasons
    assert targets(analysis) == {"青柠汽车": Sentiment.NEGATIVE}
    assert {label.name for label in analysis.risks} == {"safety", "service"}
    assert {label.name for label in analysis.aspects} >= {"刹车", "服务"}
    assert [keyword.word for keyword in analysis.keywords[:2]] == ["青柠汽车", "刹车"]
    assert (analysis.engine, analysis.lexicon_version) != ("", "")


def test_an_excluded_brand_is_shown_and_has_no_target() -> None:
    analysis = analyse("青柠苏打水踩雷了")
    assert (analysis.brand_names, analysis.targets) == ((), ())
    assert [match.excluded_by for match in analysis.brands] == ["排除词：苏打水"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("青柠L7刹车失灵，投诉无门。蓝鲸S5开了一年非常满意，推荐。", (Sentiment.NEGATIVE, Sentiment.POSITIVE)),
        ("青柠L7底盘扎实，空间大，非常满意。蓝鲸异响不断，客服还踢皮球。", (Sentiment.POSITIVE, Sentiment.NEGATIVE)),
        ("青柠L7和蓝鲸S5都召回了，隐患很大", (Sentiment.NEGATIVE, Sentiment.NEGATIVE)),
    ],
)
def test_two_brands_are_judged_by_their_own_clauses(text: str, expected: tuple[Sentiment, Sentiment]) -> None:
    analysis = analyse(text)
    assert targets(analysis) == dict(zip(("青柠汽车", "蓝鲸汽车"), expected, strict=True))
    for target in analysis.targets:
        assert all(text[r.start : r.end] == r.words for r in target.sentiment.reasons)


def test_a_name_is_no_evidence() -> None:
    brands = [Brand(name="美好汽车")]
    result = Analyser(brands).analyse(a_mention(title="", text="美好汽车举行活动"))
    assert result.sentiment.label is Sentiment.NEUTRAL
    assert all(reason.words not in "美好汽车" for reason in result.sentiment.reasons)


def test_keywords_are_words_of_the_matter() -> None:
    text = "qnl7的刹车片，刹车盘 https://forum.example/a?b=c 12345 http www ABC <br> &nbsp; 我们 就是 蓝鲸"
    words = [keyword.word for keyword in analyse(text, title="刹车异响").keywords]
    assert words[:2] == ["异响", "刹车"]
    assert {"青柠汽车", "蓝鲸汽车"} <= set(words)
    assert not {"我们", "就是", "forum", "br"} & set(words)
    assert [keyword.weight for keyword in analyse(text).keywords][0] == 1.0


def test_a_copy_under_another_title_has_the_same_fingerprint() -> None:
    text = "青柠L7在高速上踩刹车没有反应，车主要求厂家给出书面说明"
    assert analyse(text, title="甲").fingerprint == analyse(text, title="乙").fingerprint
    assert analyse("顶", title="甲").fingerprint != analyse("顶", title="乙").fingerprint


@pytest.mark.parametrize("library", ["rjieba", "jieba"])
def test_both_segmenters_give_the_same_analysis(library: str) -> None:
    mention = a_mention(title="青柠L7刹车失灵", text="厂家表示正在核实，车主很失望。蓝鲸S5没有这个问题。")
    analyser = Analyser(BRANDS, segmenter=library)
    analysis, usual = analyser.analyse(mention), ANALYSER.analyse(mention)
    assert (analysis.keywords, analysis.sentiment, analysis.targets) == (usual.keywords, usual.sentiment, usual.targets)
    assert library in analysis.engine


def test_versions_name_everything_a_result_depends_on() -> None:
    assert ANALYSER.version == Analyser(BRANDS).version != Analyser(BRANDS[:1]).version
    assert ANALYSER.version != Analyser(BRANDS, segmenter="jieba").version


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="onnx"):
        Analyser(BRANDS, sentiment="onnx")


def test_tokens_joined_are_the_text() -> None:
    assert "".join(ANALYSER.tokenise("青柠 L7 刹车\n")) == "青柠 L7 刹车\n"


ODD = st.text("青柠L7苏打水刹车失灵没有不错，。\n \u200b😡\ud800\x00<>", max_size=120)


@given(st.text(st.characters(exclude_categories=())), st.one_of(st.text(st.characters(exclude_categories=())), ODD))
def test_any_text_is_analysed_and_can_be_stored(title: str, text: str) -> None:
    analysis = analyse(text, title=title)
    assert analysis_from_json(analysis_to_json(analysis)) == analysis


@pytest.mark.parametrize(
    "text",
    [
        "", "青" * 10_000, "青柠" * 5_000, "青柠苏打水" * 2_000, "刹车失灵，" * 2_000, "青柠L7，蓝鲸，" * 1_250,
        "不没" * 5_000, "\ud83d" * 10_000, "😀" * 10_000, "\u200b" * 10_000, "1" * 10_000, "\x00" * 100,
        "<p>" * 3_000, "https://a.example/" * 500,
    ],
)  # fmt: skip
def test_extreme_texts(text: str) -> None:
    assert analyse(text, title=text[:200]) == analyse(text, title=text[:200])
