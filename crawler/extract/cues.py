"""What names, labels and links say about an element of a post: words, a writer, a floor, or none of these.

Source of the word lists: class names and labels of common forum software (phpBB, vBulletin, MyBB, FluxBB, SMF, NodeBB,
Discourse, PHPWind) and of self-written Chinese boards.
"""

import re
from typing import Final

from crawler.extract.own_words import ACTION, SAID
from crawler.extract.shape import Shape

_TOKEN: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_GOOD: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "content message body text entry cooked msg postmessage postbody detail article words main txt cont "
        "con nr desc post comment reply says",
    )
)
_BAD: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "pages pager pagination fenye foot footer tool tools action actions act btn btns button buttons meta "
        "info head header heading caption crumb crumbs breadcrumb "
        "title subject avatar user author profile level rank attach attachment edit edited "
        "notice ad ads nav page side stat stats time date floor bar menu op ops name like likes bio group "
        "operate operation operations opt opts todo badge control controls honor medal device client from report tail",
    )
)
_NEVER: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "sign signature sig sigs quote quoted cite blockquote bbcodequote hidden tip tips",
    )
)
# Names written in one word.
BAD_PART: Final = re.compile(
    r"profile|userinfo|authorinfo|avatar|toolbar|postmenu|posthead|postinfo|username|nickname|sidebar"
)
_GOOD_PART: Final = re.compile(r"content|message|postbody|posttext|neirong|zhengwen|words")
_USER_CLASS: Final = re.compile(
    r"author|user|nick|poster|member|uname|writer|screen|owner|louzhu|zuozhe|yonghu|name(?!space)", re.IGNORECASE
)
_USER_LINK: Final = re.compile(
    r"(?:^|[/?&;=._-])(?:user|users|member|members|memberlist|profile|space|people|author|home|uid|u|userid|username|uc|i"
    r"|person|ucenter)(?:$|[/?=&;._-])|/@",
    re.IGNORECASE,
)
_NOT_USER_LINK: Final = re.compile(
    r"group|message|login|logout|regist|friend|follow|pm\b|sendmail|action=(?!profile)", re.IGNORECASE
)
LABELLED: Final = re.compile(
    r"^(?:作者|楼主|发帖人|发言人|发言者|网友|用户名?|昵称|发表者|发布者|回复者|回复人|会员|(?:posted\s)?by|author)\s?[:：]\s?(\S.{0,40})",
    re.IGNORECASE,
)
BEFORE_TIME: Final = re.compile(r"^(\S{1,30}?)\s?(?:于|发表于|发布于|回复于|评论于|写于|在|@|·|[|,，-])?\s?$")
ONLY_LABEL: Final = re.compile(
    r"^(?:发表|发布|回复|评论|发帖|时间|日期|编辑|于|在|的|作者|楼主|发送|更新|来自|posted|on|at|re|by|wrote|said|\d+\s?[楼#层F]|#\s?\d+|第\s?\d+\s?[楼层]"
    r"|[\s:：|/·,，.。()（）\[\]【】-])+$",
    re.IGNORECASE,
)
NO_NAME: Final = re.compile(
    r"^(?:楼主|版主|管理员|沙发|板凳|地板|回复(?:\W.{0,6})?|引用|举报|编辑|删除|分享|收藏|点赞|赞|顶|踩|支持|反对|只看.{1,6}|关注|私信|发消息|加好友|倒序.{0,4}"
    r"|查看.{0,12}|更多|登录|注册|来自.{0,20}|等级.{0,9}|积分.{0,9}|帖子.{0,9}|主题.{0,9}|精华.{0,9}|威望.{0,9}|新手上路|.{0,3}会员|.{0,3}用户组.{0,9}"
    r"|(?:lv|level)\.?\s?\d{1,3}|\d{1,7}\s(?:posts?|topics?|replies)|(?:members?|moderators?|administrators?|guests?)"
    r"|reply|quote|report|edit|delete|like|share|top|online|offline|在线|离线|只看TA|#.{0,9}|第.{1,6}[楼层条篇则].{0,4}|[\d\s.,:%+/()-]+[楼#层F]?|\d+\s?(?:个\s?)?(?:赞|回|次|条|人|喜欢|like).{0,4}|\d+L|收藏|转发|喜欢|感谢|头像|推荐|楼上|原帖.{0,4}|阅读模式|复制链接|.{0,4}浏览|楼层|[上下]一(?:主题|话题|.)|返回.{0,6})$",
    re.IGNORECASE,
)
_FACT: Final = re.compile(
    r"^(?:等级|级别|积分|帖子|发帖|主题|注册|加入|来自|精华|威望|金钱|金币|经验|财富|声望|粉丝|关注|在线|性别|头衔|称号|组别|门派|状态|ip属地|ip|uid|posts?|joined|location|reputation|最后登录)"
    r".{0,4}[:：]",
    re.IGNORECASE,
)
_FLOOR: Final = re.compile(r"^(?:#\s?(\d{1,6})|(\d{1,6})\s?(?:楼|#|层|[FL]\b)|第\s?(\d{1,6})\s?[楼层])", re.IGNORECASE)
_NAMED_FLOORS: Final = {"楼主": 1, "沙发": 2, "板凳": 3, "地板": 4, "地下室": 5}

_TAG_CUES: Final = dict.fromkeys(
    ["a", "label", "h1", "time", "cite", "em", "small", "th", "header", "footer", "nav"], 0.2
) | {
    "strong": 0.6,
    "b": 0.6,
}
LONGEST_NAME: Final = 40


def _tokens(shape: Shape, place: int) -> list[str]:
    node = shape.nodes[place]
    words = f"{node.get('class') or ''} {node.get('id') or ''} {node.get('itemprop') or ''}"[:200]
    return [token.lower() for token in _TOKEN.findall(words)]


def cue(shape: Shape, place: int) -> float:
    """What tag and class names say about an element being the words of a post; 1 is nothing."""
    node = shape.nodes[place]
    tokens = _tokens(shape, place)
    if any(token in _NEVER for token in tokens) or node.tag in ("blockquote", "q"):
        return 0.05
    tag = _TAG_CUES.get(node.tag, 1.0)
    joined = "".join(tokens)
    if BAD_PART.search(joined) and not _GOOD_PART.search(joined):
        return 0.25 * tag
    known = [token for token in tokens if token in _GOOD or token in _BAD]
    if not known:
        return tag
    return tag * (
        1.6
        if known[-1] in _GOOD
        and not (known[-1] in ("post", "reply", "comment") and len(known) > 1 and known[0] in _BAD)
        else 0.25
    )


def is_fact(words: str) -> bool:
    """``Posts: 105``, told of a writer."""
    return bool(_FACT.match(words))


def is_never_words(name: str) -> bool:
    """A place inside a quote, a signature or a tip."""
    return any(token in _NEVER for token in re.findall(r"[a-z]+", name.lower()))


def user_cue(shape: Shape, place: int) -> float:
    """What link, class and tag of an element say about it being a writer's name: -1 to 3."""
    cue = 0.0
    for step in range(3):
        node = shape.nodes[place]
        href = node.get("href") or ""
        if href and _USER_LINK.search(href) and not _NOT_USER_LINK.search(href):
            cue = max(cue, 3.0)
        names = f"{node.get('class') or ''} {node.get('id') or ''} {node.get('itemprop') or ''} {node.get('rel') or ''}"
        if _USER_CLASS.search(names) and not re.search(
            r"group|level|rank|title|avatar|sign|time|date|from", names, re.IGNORECASE
        ):
            cue = max(cue, 2.5 - step * 0.5)
        elif re.search(r"level|rank|group|title", names, re.IGNORECASE) and step == 0:
            return -1.0
        if node.tag in ("a", "strong", "b", "h3", "h4", "h5") and step == 0:
            cue = max(cue, 0.5)
        place = shape.parents[place]
        if place < 0 or shape.ends[place] - place > 12:
            break
    return cue


def is_label(words: str) -> bool:
    """Floors, buttons, facts about the writer."""
    if len(words) > LONGEST_NAME or not words or words in SAID:
        return False
    return any(labels.match(words) for labels in (NO_NAME, ACTION, ONLY_LABEL, _FACT, _FLOOR))


def floor_of(text: str) -> int | None:
    """The floor number that a short text gives, as ``3楼``, ``#3`` or ``沙发``."""
    first = text.split(maxsplit=1)[0] if text.split() else ""
    if first in _NAMED_FLOORS:
        return _NAMED_FLOORS[first]
    match = _FLOOR.match(text)
    return int(next(group for group in match.groups() if group)) if match else None
