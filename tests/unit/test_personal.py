"""Personal data in Chinese text: what is found, what only looks like it, and the promises of the mask."""

from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import personal
from core.personal import MASK, MASKED_KINDS, PersonalKind, find, mask

parser = import_module("re._parser")  # the library's own reader of patterns

# All numbers are invented; check digits were computed.
ID_NUMBER = "110101199001010015"
CARD_NUMBER = "6217000000000000004"
COMPANY_NUMBER = "91110101MA00000005"

FOUND = [
    (PersonalKind.PHONE, "打13800001234没人接", "13800001234"),
    (PersonalKind.PHONE, "号码138 0000 1234", "138 0000 1234"),
    (PersonalKind.PHONE, "138-0000-1234一直占线", "138-0000-1234"),
    (PersonalKind.PHONE, "手机 138 00 00 12 34", "138 00 00 12 34"),
    (PersonalKind.PHONE, "1 3 8 0 0 0 0 1 2 3 4", "1 3 8 0 0 0 0 1 2 3 4"),
    (PersonalKind.PHONE, "+8613800001234", "+8613800001234"),
    (PersonalKind.PHONE, "１３８００００１２３４三天不通", "１３８００００１２３４"),
    (PersonalKind.PHONE, "我是幺三八零零零零一二三四一直等", "幺三八零零零零一二三四"),
    (PersonalKind.PHONE, "138零零00一二34", "138零零00一二34"),
    (PersonalKind.PHONE, "①③⑧00001234", "①③⑧00001234"),
    (PersonalKind.PHONE, "1\u200b38\u200b00001234", "1\u200b38\u200b00001234"),
    (PersonalKind.PHONE, "**13800001234**", "13800001234"),
    (PersonalKind.PHONE, "订单联系人电话13800001234", "13800001234"),
    (PersonalKind.LANDLINE, "拨02160001234", "02160001234"),
    (PersonalKind.LANDLINE, "(010)6000-1234转8001", "(010)6000-1234转8001"),
    (PersonalKind.LANDLINE, "座机60001234", "60001234"),
    (PersonalKind.ID_CARD, f"被要求上传{ID_NUMBER}", ID_NUMBER),
    (PersonalKind.ID_CARD, "110101 19900101 0015", "110101 19900101 0015"),
    (PersonalKind.ID_CARD, "身份证110101199001010016写错了", "110101199001010016"),  # wrong check digit, but named
    (PersonalKind.ID_CARD, "110101199001010016是我的身份证号", "110101199001010016"),
    (PersonalKind.ID_CARD, "老身份证110101900101001", "110101900101001"),
    (PersonalKind.BANK_CARD, f"退到{CARD_NUMBER}", CARD_NUMBER),
    (PersonalKind.BANK_CARD, "6222 0000 0000 0009", "6222 0000 0000 0009"),
    (PersonalKind.BANK_CARD, "银行卡号6222000000000001", "6222000000000001"),  # fails Luhn, but named
    (PersonalKind.EMAIL, "写给a.b@mail.example吧", "a.b@mail.example"),
    (PersonalKind.EMAIL, "写给a.b【at】mail.example吧", "a.b【at】mail.example"),
    (PersonalKind.PLATE, "车京A·00000闯灯", "京A·00000"),
    (PersonalKind.PLATE, "沪a12b45", "沪a12b45"),
    (PersonalKind.PLATE, "绿牌粤BD00000占位", "粤BD00000"),
    (PersonalKind.PLATE, "川A0000学", "川A0000学"),
    (PersonalKind.VIN, "车架号：LSVAA4180E2100001", "LSVAA4180E2100001"),  # wrong check digit, but named
    (PersonalKind.VIN, "LSVAA418XE2100001", "LSVAA418XE2100001"),
    (PersonalKind.ADDRESS, "家住成都市武侯区锦绣南街8号3栋2单元1204", "成都市武侯区锦绣南街8号3栋2单元1204"),
    (PersonalKind.ADDRESS, "我在翠湖花园12幢1单元302", "翠湖花园12幢1单元302"),
    (PersonalKind.ADDRESS, "送到王楼村三组12号", "王楼村三组12号"),
    (PersonalKind.ADDRESS, "他住纺织厂家属院北楼二单元三楼东户", "纺织厂家属院北楼二单元三楼东户"),
    (PersonalKind.WECHAT, "加微信lemon_2020", "lemon_2020"),
    (PersonalKind.WECHAT, "vx：lemontree", "lemontree"),
    (PersonalKind.WECHAT, "wxid_abc123def", "wxid_abc123def"),
    (PersonalKind.QQ, "QQ：123456789", "123456789"),
    (PersonalKind.QQ, "扣扣群 123456789", "123456789"),
    (PersonalKind.USCC, f"税号{COMPANY_NUMBER}", COMPANY_NUMBER),
]

LOOK_ALIKES = [
    "",
    "客服400-123-4567",
    "投诉打12315或者800-810-1234",
    "快递单号：13800001234",
    "运单YT13800001234567",
    "合同编号HT13800001234",
    "播放13800001234次",
    "13800001234元",
    f"订单{CARD_NUMBER}没到",
    "流水号6222 0000 0000 0009",
    "6217000000000000005",
    "20260101120000123456",
    "下单时间20261123093548",
    "手机尾号****1234，身份证110***********0015",
    "价格138.00元，共99件",
    "沪C牌不能进城",
    "全新A12345款",
    "京ICP备13800000号",
    "微信视频号更新了，微信windows版也更新",
    "微信公众号lemon2020",
    "QQ音乐有10000000首歌",
    "扣了200000积分",
    "人民路3号线封闭，周六逛街14号回来",
    "本店地址人民路17号",
    "A座1203会议室，医院3号楼",
    "LSVAA4180E2100001",
    "车架号在哪里看",
]


@pytest.mark.parametrize(("kind", "text", "value"), FOUND)
def test_found_with_its_place(kind, text, value):
    assert [(data.kind, text[data.start : data.end]) for data in find(text)] == [(kind, value)]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes_stay(text):
    assert find(text) == ()
    assert mask(text) == text


def test_several_in_one_text_come_in_order():
    text = f"李某电话13800001234，证件{ID_NUMBER}，邮箱li@mail.example"
    assert [data.kind for data in find(text)] == [PersonalKind.PHONE, PersonalKind.ID_CARD, PersonalKind.EMAIL]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13800001234", "电话138********"),
        ("电话+8613800001234", "电话**************"),
        ("邮箱li@mail.example", "邮箱**@mail.example"),
        ("车京A·00000闯灯", "车京A******闯灯"),
        ("住成都市武侯区锦绣南街8号", "住成都市*********"),
        (f"证件{ID_NUMBER}", "证件" + MASK * 18),
        (f"税号{COMPANY_NUMBER}", f"税号{COMPANY_NUMBER}"),  # a company is not a person
    ],
)
def test_the_mask_keeps_only_what_names_nobody(text, masked):
    assert mask(text) == masked


def test_kinds_choose_what_is_masked():
    text = f"{COMPANY_NUMBER}，电话13800001234"
    assert mask(text, {PersonalKind.USCC}) == MASK * 18 + "，电话13800001234"
    assert mask(text, MASKED_KINDS | {PersonalKind.USCC}) == MASK * 18 + "，电话138********"


def test_what_the_mask_leaves_readable_is_masked_in_turn():
    assert "13800001234" not in mask("a@13800001234.example.com")


# Pieces that begin, end or look like personal data meet in every order.
PIECES = st.sampled_from(
    [value for _, _, value in FOUND]
    + [
        "1",
        "38",
        "一",
        "@",
        "微信",
        "vx",
        "qq",
        "wxid_",
        "单号",
        "路",
        "12号",
        "村",
        "市",
        "-",
        " ",
        "，",
        "*",
        "京A",
        "0",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join)))
def test_any_text_keeps_its_length_and_is_masked_once(text):
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(new in (old, MASK) for old, new in zip(text, masked, strict=True))
    assert mask(masked) == masked
    ends = [0, *(place for data in find(text) for place in (data.start, data.end)), len(text)]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    "unit", ["1", "1 3 ", "一", "a-", "a@", "a@a.aa ", "微信", "wxid_", "路1号", "栋1", "村一组", "市", "1\u200b", "1-"]
)
def test_hostile_texts_are_finished(unit):
    text = (unit * 100_000)[:100_000]
    assert len(mask(text)) == len(text)


def unbounded_repeats(parsed):
    """Greedy or lazy repeats without an upper limit anywhere in a parsed pattern."""
    found = []
    for operation, argument in parsed:
        if str(operation) in {"MAX_REPEAT", "MIN_REPEAT"} and argument[1] is parser.MAXREPEAT:
            found.append(argument)
        parts = argument if isinstance(argument, tuple | list) else [argument]
        for part in parts:
            branches = part if isinstance(part, list) else [part]
            found += [
                one for branch in branches if isinstance(branch, parser.SubPattern) for one in unbounded_repeats(branch)
            ]
    return found


def test_every_repeat_is_bounded_so_that_work_grows_with_length_only():
    patterns = [pattern for _, pattern, _ in personal._DETECTORS] + [
        personal._DOOR,
        personal._LEAD_IN,
        personal._REGION,
    ]
    assert unbounded_repeats(parser.parse("(?:x|(a+))b"))  # the check itself can fail
    assert [p.pattern for p in patterns if unbounded_repeats(parser.parse(p.pattern))] == []


def test_a_text_that_outlasts_the_rounds_is_covered_as_a_whole(monkeypatch):
    monkeypatch.setattr(personal, "_ROUNDS", 1)
    assert mask("找 a@13800001234.example") == "* " + MASK * 21
