"""Masked mentions: personal data is covered wherever it is repeated, and every span stays right."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.mention import BrandMatch, Keyword, Label, Mention, Reason, Sentiment, SentimentResult, Target
from response.mentions import masked
from tests.factories import a_mention, an_analysis

PIECES = st.sampled_from(
    ["青柠L7", "刹车失灵", "电话13812345678", "京A·12345", "😀", "ｖｘ：", "，", "邮箱a@b.example"]
)


@given(title=st.lists(PIECES, max_size=5).map("".join), text=st.lists(PIECES, max_size=40).map("".join))
def test_lengths_never_change_and_masking_again_changes_nothing(title: str, text: str) -> None:
    covered = masked(a_mention(title=title, text=text))
    assert (len(covered.title), len(covered.text)) == (len(title), len(text))
    assert "12345678" not in covered.title + covered.text
    assert masked(covered) == covered


def analysed(text: str) -> Mention:
    """A mention whose every label points at the phone number, and whose sentiment also points at 刹车失灵."""
    phone = Reason(part="text", start=text.index("138"), end=text.index("138") + 11, words="13812345678", weight=-0.1)
    brakes = Reason(part="text", start=text.index("刹车"), end=text.index("刹车") + 4, words="刹车失灵", weight=-0.9)
    placeless = Reason(words="13812345678")
    result = SentimentResult(label=Sentiment.NEGATIVE, score=-0.9, reasons=(phone, brakes, placeless))
    labels = (Label(name="x", reasons=(phone,)),)
    analysis = replace(
        an_analysis(),
        sentiment=result,
        brands=(BrandMatch(brand="青柠汽车", alias="青柠", spans=(phone,)),),
        targets=(Target(brand="青柠汽车", sentiment=result),),
        aspects=labels,
        risks=labels,
        intents=labels,
        events=labels,
        keywords=(Keyword(word="刹车", weight=1.0), Keyword(word="13812345678", weight=0.5)),
    )
    return a_mention(text=text, author="13812345678", analysis=analysis)


def test_nothing_in_the_analysis_repeats_what_is_covered() -> None:
    covered = masked(analysed("刹车失灵，请打我电话13812345678"))
    assert "12345678" not in repr(covered)
    assert covered.author == "138********"
    assert covered.analysis is not None
    assert [reason.words for reason in covered.analysis.sentiment.reasons] == [
        "138********",
        "刹车失灵",
        "138********",
    ]
    assert [each.word for each in covered.analysis.keywords] == ["刹车"]


def test_a_mention_without_personal_data_stays_as_it_is() -> None:
    mention = a_mention(text="刹车有点软", analysis=an_analysis(words=("刹车",)))
    assert masked(mention) == mention
    assert masked(replace(mention, author=None, analysis=None)).author is None
