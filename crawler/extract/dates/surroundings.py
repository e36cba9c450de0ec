"""What the words around a date say: published, edited, something else, or nothing that matters.

The more a form could be something else than a date, the less may stand around it. The word lists hold what Chinese
content systems, forums and portals print beside a time, and what turns a date into part of a sentence.
"""

import re
from enum import IntEnum
from typing import Final

from crawler.extract.dates.forms import Reading, Strength

# Guess: the longest name of an author, outlet or place that stands beside a date.
LONGEST_NAME: Final = 12
# Stands for another date at the edge of what lies before or after one.
NEIGHBOUR: Final = "\0"


class Label(IntEnum):
    """What a date is of; the smaller one wins. OTHER: no publication (注册时间, 活动时间, 截至, a span, a sentence)."""

    PUBLISHED = 1
    NONE = 2
    EDITED = 3
    OTHER = 4


_HAN: Final = "\u3400-\u9fff"
_PUBLISH: Final = (
    "发表|发布|发帖|发稿|发文|发送|发言|首发|刊发|刊登|登载|上传|创建|提交|投诉|提问|回答|评论|评价|点评|留言|回复|回帖"
    "|反馈|推送|撰写|写"
)
_CHANGE: Final = "编辑|修改|更新|修订"
_TAIL: Final = r"(?:时间|日期)?[于在]?(?:[\s_]?(?:on|at|time|date)\b)*[\s:=(\"']*$"
_EDITED_BEFORE: Final = re.compile(
    rf"(?:(?:最后|最近|最新)\s?(?:{_PUBLISH})|{_CHANGE}|\b(?:last )?(?:update|updated|edited|modified|reply|last post))"
    rf"{_TAIL}|(?:最后\s?由|被).{{1,40}}于\s?$"
)
_PUBLISHED_BEFORE: Final = re.compile(
    rf"(?:(?:{_PUBLISH})|(?<![{_HAN}])(?=时间|日期)|(?<![a-z])(?<![a-z] )(?:c|pub|publish|create|post)?_?(?=time|date)"
    rf"|\btimestamp|\b(?:publish(?:ed)?|post(?:ed)?|created?|submitted|written|uploaded)(?: by .{{1,30}})?){_TAIL}"
)
# 北京时间 is a zone; a time or a date of anything else is no publication.
_OTHER_BEFORE: Final = re.compile(
    r"(?:(?<!北京)(?:时间|日期)|注册|登[录陆]|加入|活跃|出生|生日|生产|有效期?|截[止至]|到期|过期|结束|开[始售播幕奖通工业]|上[市映架]|成立|访问"
    r"|预计|计划|预约|下载|签到|版本|型号|[单编批货列水账卡证期]号|号码|电话|身份证"
    r"|\b(?:version|joined|registered|expires|valid|born|copyright|time|date))[\s:于在至到]*$|gmt ?\+8 ?, ?$|©\s?$"
)
_SENTENCE_BEFORE: Final = re.compile(
    r"(?:[自从至到由将在距离即是仅共还剩需每近超第和与及、~]|[以目之]前|\w于|超过|不到|至少|最多|提前|倒计时"
    r"|\b(?:since|until|till|before|after|between|and|to|due|v)|\0\s?-)\s?$"
)
_SENTENCE_AFTER: Final = re.compile(
    rf"[起始止至到前后的之与和及、&版款期届场次]|以[前后来]|期间|当[天日晚]|\s(?:[起止]|[之以][前后来])(?![{_HAN}])"
    r"|\s?(?:[-~至到和与及、]|to|until|and)\s?[0-9\0]|[\s,|]*processed in"
)
_ALONE: Final = rf"(?![{_HAN}a-z:=(])"
_AFTER: Final = re.compile(
    rf"\s?(?:(?P<edited>(?:最后)?(?:{_CHANGE})|updated|edited|modified)|{_PUBLISH}|电|讯){_ALONE}"
)

_COUNTED: Final = (
    "阅读|浏览|点击|查看|评论|回复|回帖|跟帖|点赞|赞|转发|分享|收藏|人气|热度|播放|推荐|参与|围观"
    "|views?|reads?|comments?"
)
_NUMBER: Final = r"[0-9][0-9.,]*\s?[万wk]?\+?\s?[次人条个]?"
_PLACES: Final = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西"
    "|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|海外"
)
_HARMLESS: Final = re.compile(
    r"(?:来自|\bfrom\b|\bvia\b).{0,40}$|(?:发布|发表)于\s?[^\s]{1,10}|\bby [^\s]{1,20}"
    r"|(?:来源|稿源|出处|媒体|作者|记者|责任编辑|责编|编辑|校对|供稿|发布者|发布人|楼主|昵称|地区)\s?[:/]\s?[^\s|·]{1,20}"
    r"|(?:ip\s?)?属地\s?:?\s?[^\s|·]{1,20}"
    rf"|(?:{_COUNTED})[量数次]?\s?[:(]?\s?{_NUMBER}|{_NUMBER}\s?(?:{_COUNTED})"
    r"|最后|最近|最新|只看该?(?:作者|楼主|大图)|倒序浏览|显示全部楼层|电梯直达|举报|引用|分享|收藏|点赞|置顶|原创|转载|精华|已编辑|楼主|沙发|板凳|地板"
    r"|第?\s?[0-9]{1,6}\s?[楼层#]|#[0-9]{1,6}|北京时间|中国标准时间|中国时区"
    rf"|(?<![{_HAN}])(?:{_PLACES})[省市]?(?![{_HAN}])"
    rf"|(?<![{_HAN}])[{_HAN}a-z]{{1,10}}?(?:网|报|社|台|新闻|客户端|在线|周刊|杂志|论坛|频道|之家|公众号|头条|车友会)(?![{_HAN}a-z])"
    rf"|{_CHANGE}|{_PUBLISH}|时间|日期|(?<![{_HAN}a-z])于|\b(?:on|at|posted|published|updated|edited)\b"
)
_SIGNS: Final = " |·,:;()-_/.~…&<>\"'\0"
_PROSE: Final = re.compile("[,。!?;%]")


def label(before: str, after: str) -> tuple[Label, int]:
    """What a date is of, and how many characters of ``after`` say so.

    before, after: the line up to the next date on either side.
    """
    if _SENTENCE_AFTER.match(after):
        return Label.OTHER, 0
    if _EDITED_BEFORE.search(before):
        return Label.EDITED, 0
    if _PUBLISHED_BEFORE.search(before):
        return Label.PUBLISHED, 0
    if _OTHER_BEFORE.search(before) or _SENTENCE_BEFORE.search(before):
        return Label.OTHER, 0
    if match := _AFTER.match(after):
        return Label.EDITED if match["edited"] else Label.PUBLISHED, match.end()
    return Label.NONE, 0


def fits(reading: Reading, before: str, after: str, *, named: Label, is_label: bool) -> bool:
    """Whether the words around leave the reading a publication time. is_label: see ``parse``."""
    if reading.strength is Strength.COMPLETE:
        return not _goes_on_after_comma(after)
    if reading.strength is Strength.SPOKEN:
        return not _is_in_sentence(before, after)
    left, right = _strange(before), _strange(after)
    if named is Label.NONE:
        is_between = _touches(before[-1:], left) or NEIGHBOUR in (before[-1:], after[:1])
        is_bare = reading.strength is Strength.BARE
        if is_between or (is_bare and (left or not is_label)) or (not is_label and (left or right)):
            return False
    if right and not (after.lstrip()[0] in "|·/-()" or (named is not Label.NONE and after[0] == " ")):
        return False
    return all(len(words) <= LONGEST_NAME and not _PROSE.search(words) for words in (left, right))


def _is_in_sentence(before: str, after: str) -> bool:
    left, right = _strange(before), _strange(after)
    if _touches(after[:1], right) or _goes_on_after_comma(after) or _PROSE.search(right):
        return True
    return len(right) > 2 * LONGEST_NAME or (len(left) > LONGEST_NAME // 3 and before.rstrip()[-1:] in (",", "。"))


def _goes_on_after_comma(after: str) -> bool:
    return after[:1] in (",", "。", ";") and len(_strange(after)) > LONGEST_NAME // 3


def _touches(neighbour: str, words: str) -> bool:
    """No blank between the date and words that mean nothing to us."""
    return bool(words) and neighbour.isalnum()


def _strange(text: str) -> str:
    """The words that are no label, name of an outlet, counter or button."""
    return _HARMLESS.sub(" ", text).strip(_SIGNS)
