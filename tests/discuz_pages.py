"""Pages with the structural marks of Discuz templates (ids and classes), and content of our own."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Floor:
    pid: int
    number: int
    author: str
    time: str
    message: str
    uid: int = 0


def page(body: str, *, title: str = "车友版 - 某某论坛", head: str = "") -> str:
    return (
        f"<html><head><title>{title}</title>{head}<base href='http://inner.example:8182/'></head>"
        f"<body id='nv_forum'><div id='wp'>{body}</div><p>GMT+8, 2026-6-16 14:00</p></body></html>"
    )


def board(threads: Sequence[tuple[int, str, int, str]], *, following: str = "", fid: int = 2) -> str:
    """threads: tid, title, replies, last post (as in the ``title`` of a relative time)."""
    rows = "".join(
        f"<tbody id='normalthread_{tid}'><tr><td class='icn'><a href='forum.php?mod=viewthread&amp;tid={tid}' "
        f"title='有新回复'><i></i></a></td><th><a href='forum.php?mod=viewthread&amp;tid={tid}&amp;extra=page%3D1' "
        f"class='s xst'>{title}</a></th><td class='by'><cite><a href='home.php?mod=space&amp;uid=7'>某人</a></cite>"
        f"<em><span>2026-6-1</span></em></td><td class='num'><a class='xi2'>{replies}</a><em>99</em></td>"
        f"<td class='by'><cite><a>某人</a></cite><em><a href='forum.php?mod=redirect&amp;tid={tid}&amp;goto=lastpost"
        f"#lastpost'><span title='{last}'>1&nbsp;小时前</span></a></em></td></tr></tbody>"
        for tid, title, replies, last in threads
    )
    return page(f"<div id='threadlist'><table id='threadlisttableid'>{rows}</table></div>{pager(following)}")


def thread(tid: int, title: str, floors: Sequence[Floor], *, following: str = "") -> str:
    posts = "".join(_post(floor) for floor in floors)
    head = f"<link rel='canonical' href='http://inner.example:8182/forum.php?mod=viewthread&amp;tid={tid}'>"
    body = f"<h1 class='ts'><span id='thread_subject'>{title}</span></h1><div id='postlist'>{posts}</div>"
    return page(body + pager(following), title=f"{title} - 车友版", head=head)


def message(text: str) -> str:
    return page(f"<div id='messagetext' class='alert_error'><p>{text}</p></div>", title="提示信息")


def pager(following: str) -> str:
    return f"<div class='pg'><strong>1</strong><a href='{following}' class='nxt'>下一页</a></div>" if following else ""


def _post(floor: Floor) -> str:
    name = "<em>楼主</em>" if floor.number == 1 else f"<em>{floor.number}</em><sup>#</sup>"
    who = (
        f"<a href='home.php?mod=space&amp;uid={floor.uid}' class='xw1'>{floor.author}</a>"
        if floor.uid
        else floor.author
    )
    return (
        f"<div id='post_{floor.pid}'><table id='pid{floor.pid}'><tr><td class='pls'><div class='pls favatar'>"
        f"<div class='pi'><div class='authi'>{who}</div></div><p><em><a href='x'>新手上路</a></em></p></div></td>"
        f"<td class='plc'><div class='pi'><strong><a id='postnum{floor.pid}'>{name}</a></strong><div class='authi'>"
        f"<em id='authorposton{floor.pid}'>发表于 {floor.time}</em><a href='x'>只看该作者</a></div></div>"
        f"<div class='t_fsz'><table><tr><td class='t_f' id='postmessage_{floor.pid}'>{floor.message}</td></tr></table>"
        "</div></td></tr><tr><td class='plc'><div class='sign'>签名：平安是福</div></td></tr></table></div>"
    )
