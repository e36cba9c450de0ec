"""The snownlp engine: labels, reasons, what must not change a label."""

from importlib.metadata import PackageNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ModelMissing
from core.mention import Sentiment, SentimentResult
from nlp.sentiment import bayes
from nlp.sentiment.engine import SentimentEngine
from nlp.sentiment.snownlp import REASONS, SnowNlpEngine
from nlp.sentiment.vocabulary import vocabulary

ENGINE: SentimentEngine = SnowNlpEngine()
# Written for the tests while the word list grew: a guard against steps back, no measure of accuracy.
SENTENCES = {
    Sentiment.NEGATIVE: [
        "青柠L7高速上刹车踩不动，4S店说是正常现象",
        "车主称刹车失灵，厂家表示正在核实",
        "厂家召回一千二百辆车，因轮速传感器接插件存在缺陷",
        "孩子喝了这款奶粉上吐下泻，商家拒绝退款",
        "酒店床单上有虫子，前台态度恶劣",
        "交了定金之后销售就失联了，这不是骗人吗",
        "理财产品到期不兑付，几百名投资者到公司门口维权",
        "公司高管因涉嫌内幕交易被立案",
        "客服电话打了一下午没人接",
        "用户数据疑似泄露",
        "虽然外观好看，但是小毛病不断，真心劝退",
        "不推荐，一点也不好用",
        "投诉三个月了，到现在没有解决异响",
        "刹車失靈，維權無門",
        "😡😡😡",
    ],
    Sentiment.NEUTRAL: [
        "公司将于六月十八日举行线上活动",
        "请问保养周期是多少公里，第一次保养要做哪些项目",
        "公司公布五月销量，共交付新车一万二千辆",
        "求购二手车一台，两年内车况透明的来",
        "今天路过展厅看到它停在门口，拍了一张照片",
        "这款车的轴距是两米八五，后备箱容积四百六十升",
        "有没有同城的车友，周末一起去水库露营",
        "本店营业时间调整为早十点至晚九点",
        "https://forum.example/thread-1.html",
        "12345",
    ],
    Sentiment.POSITIVE: [
        "刹车很线性，底盘扎实，值得推荐",
        "提车一年跑了三万公里，零故障，非常满意",
        "售后小哥特别耐心，半小时就帮我解决了问题，点赞",
        "酒店干净又安静，早餐丰盛，下次还来",
        "发货神速，包装严实，客服态度也很好，五星好评",
        "公司上半年净利润同比增长四成，超出市场预期",
        "从来没有异响，也没有漏油，开着放心",
        "奶粉溶解快，宝宝爱喝，已经回购三次了",
        "👍👍 喜欢",
    ],
}


@pytest.mark.parametrize(("label", "text"), [(label, text) for label, texts in SENTENCES.items() for text in texts])
def test_labels(label: Sentiment, text: str) -> None:
    result = ENGINE.classify("", text)
    assert result.label is label
    assert result.score < 0 if label is Sentiment.NEGATIVE else result.score > 0 or label is Sentiment.NEUTRAL


def test_reasons_name_the_words_that_decided_with_their_rule() -> None:
    first = ENGINE.classify("厂家宣布召回", "客服很耐心").reasons[0]
    assert (first.part, first.start, first.end, first.words, first.rule) == ("title", 4, 6, "召回", "危机用语")
    assert first.weight < 0
    negated = ENGINE.classify("", "开了一年没有异响").reasons[0]
    assert (negated.words, negated.rule, negated.weight > 0) == ("异响", "被否定的负面用语", True)


def test_blanks_change_nothing() -> None:
    plain = ENGINE.classify("", "客服态度差，投诉没人理")
    padded = ENGINE.classify("", f"客服态度差，{' ' * 50}投诉没人理")
    assert (padded.label, padded.score) == (plain.label, plain.score)


@pytest.mark.parametrize(("title", "text"), [("", ""), (" ", "\n\u3000")])
def test_no_text_is_neutral_without_reasons(title: str, text: str) -> None:
    assert ENGINE.classify(title, text) == SentimentResult(label=Sentiment.NEUTRAL, score=0.0)


@given(
    st.text(st.characters(exclude_categories=())),
    st.text("刹车失灵没有很好不满意召回推荐，。 \u200b😡\ud800", max_size=80),
)
def test_any_text_has_a_label_with_true_spans(title: str, text: str) -> None:
    result = ENGINE.classify(title, text)
    parts = {"title": title, "text": text}
    assert -1 <= result.score <= 1 and 0 <= result.confidence <= 1
    assert bool(result.score) is bool(title.strip() or text.strip())
    assert len(result.reasons) <= REASONS
    assert sum(abs(reason.weight) for reason in result.reasons) <= 1.001  # rounded shares
    for reason in result.reasons:
        assert parts[reason.part][reason.start : reason.end] == reason.words


def test_the_batch_form_keeps_the_order() -> None:
    pairs = [("", "刹车失灵"), ("", "非常满意"), ("刹车失灵", "")]
    assert ENGINE.classify_all(pairs) == [ENGINE.classify(*pair) for pair in pairs]


def test_the_stamp_is_the_same_for_two_engines() -> None:
    assert ENGINE.version == SnowNlpEngine().version
    assert ENGINE.name == "snownlp"


def test_the_vocabulary_has_no_word_twice_and_no_empty_kind() -> None:
    words = vocabulary().words
    assert len(words) == len(set(words)) > 0
    assert {cue.kind for cue in vocabulary().cues("召回，差评，推荐，没有召回，不怎么好看")} == {
        "crisis", "complaint", "praise", "negated_trouble", "negated_praise",
    }  # fmt: skip


def test_a_missing_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(bayes, "distribution", missing)
    with pytest.raises(ModelMissing, match="snownlp"):
        SnowNlpEngine()
