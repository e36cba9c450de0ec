"""The pure parts of the first hour: what is proposed for a name, how posts are cut, how sure ten judgements are."""

from collections.abc import Sequence

import pytest

from core.errors import InvalidInput
from nlp.everyday import frequencies
from response.start import pack
from response.start.industry import industries, industry
from response.start.judging import interval
from response.start.posts import split
from response.start.proposal import propose, words_of


@pytest.mark.parametrize(
    ("name", "trade", "aliases", "ambiguous"),
    [
        ("青柠汽车股份有限公司", "汽车", ["青柠汽车股份有限公司", "青柠汽车"], ["青柠"]),
        ("小米科技有限公司", "手机数码", ["小米科技有限公司"], ["小米"]),
        ("苹果", "手机数码", [], ["苹果"]),
        ("NIO蔚来", "汽车", ["NIO蔚来", "NIO 蔚来", "NIO", "蔚来"], []),
        ("BYD 汽车", "汽车", ["BYD 汽车", "BYD", "BYD汽车"], []),
        ("远山食品科技集团有限公司", "食品饮料", ["远山食品科技集团有限公司", "远山食品", "远山"], []),
        ("华为", "手机数码", ["华为"], []),
        ("青柠汽车", "其他", ["青柠汽车"], ["青柠"]),
        ("理想汽车", "汽车", ["理想汽车"], ["理想"]),
        ("  蓝山  咖啡 ", "餐饮", ["蓝山 咖啡", "蓝山"], []),
    ],
)
def test_a_name_gives_aliases_and_warns_of_ordinary_words(
    name: str, trade: str, aliases: Sequence[str], ambiguous: Sequence[str]
) -> None:
    made = propose(name, industry(trade), frequencies)
    assert (list(made.brand.aliases), list(made.brand.ambiguous)) == (aliases, ambiguous)
    assert [each.word for each in made.ambiguous] == ambiguous
    assert bool(made.brand.exclusions) <= bool(ambiguous), "nothing is ruled out where no alias is doubtful"


def test_exclusions_spare_the_words_of_the_own_trade() -> None:
    car, drink = (propose("青柠", industry(trade), frequencies).brand for trade in ("汽车", "食品饮料"))
    assert "饮料" in car.exclusions and "饮料" not in drink.exclusions
    assert "果园" in car.exclusions and "果园" in drink.exclusions
    for name in "", " ", "长" * 101:
        with pytest.raises(InvalidInput):
            propose(name, industry("其他"), frequencies)


def test_a_pack_has_something_for_every_trade() -> None:
    for name in industries():
        found = pack.pack(name)
        assert len(found) >= 6 and len({source.name for source in found}) == len(found)
    assert 15 <= len({source.url for name in industries() for source in pack.pack(name)}) <= 25


def test_posts_and_words_are_cut_where_people_cut_them() -> None:
    assert split("第一条\n第二行\r\n\r\n第二条\n \n\n第一条\n第二行\n") == ("第一条\n第二行", "第二条")
    assert split(" \n\n ") == ()
    assert words_of("青柠、 蓝鲸,远山；青檸\n") == ("青檸", "蓝鲸", "远山")


def test_ten_judgements_leave_a_wide_interval() -> None:
    for right, low, high in ((10, 0.72, 1.0), (8, 0.49, 0.94), (0, 0.0, 0.28)):
        assert interval(right, 10) == pytest.approx((low, high), abs=0.005)
