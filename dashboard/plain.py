"""Pages that need neither a session nor a script: login, and the one for what does not exist."""

from html import escape
from typing import Final

from starlette.responses import HTMLResponse

from dashboard import theme

# Nothing but inline styles and the icon: such a page loads nothing at all.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)


def page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    """body: HTML of our own, in which everything from outside is escaped already."""
    html = f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · 听风</title>
<link rel="icon" href="{theme.ICON_ADDRESS}">
<style>{theme.css()}</style>
</head>
<body class="plain"><main class="plain-main">{body}</main></body>
</html>"""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(html, status_code=status, headers=headers)


def not_found() -> HTMLResponse:
    """What an unknown address shows."""
    body = '<h1>没有这个页面</h1><p>地址可能有误，或内容已被移除。</p><p><a class="link" href="/">回到总览</a></p>'
    return page("没有这个页面", f'<div class="card plain-card">{body}</div>', status=404)
