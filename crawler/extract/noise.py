"""What on a page is not the text: boxes that say so by their class, and lines that only serve the page.

Source of the words: class names and phrases of Chinese portals, government sites and blog systems. They are words
of the trade, not of single sites; where a word is ambiguous, the share of text it would remove decides.
"""

import re
from typing import Final

# Boxes of these words hold other people's texts or other articles, however long they are.
STRONG: Final = re.compile(
    r"comment|(?<![a-z])cmt|pinglun|(?<![a-z])reply|repl(?:y|ies)[-_]?list|(?<![a-z])tie-|recommend|tuijian"
    r"|relat(?:e|ed|ion)(?![a-z])|relatednews|related-?article|xiangguan|(?<![a-z])xgxw|guess|you-?like|may-?like"
    r"|hot-?(?:news|list|rank|article|word|topic|search)|read-?more|more-?news|(?<![a-z])rank(?:ing)?(?![a-z])"
    r"|paihang|bread-?crumb|(?<![a-z])crumb|copyright|(?<![a-z])footer|(?<![a-z])foot(?![a-z])|bottom-?nav"
    r"|side-?bar|(?<![a-z])aside(?![a-z])|(?<![a-z])sider?(?![a-z])|nav-?bar|navigat|(?<![a-z])(?:top|main"
    r"|sub)?nav(?![a-z])"
    r"|(?<![a-z])menu(?![a-z])|pagination|(?<![a-z])pager(?![a-z])|(?<![a-z])login|author-?bio|bio-?box"
)
# Boxes of these words are dropped when they hold little of the page's text.
WEAK: Final = re.compile(
    r"(?<![a-z])share|sharing|(?<![a-z])bds|jiathis|qr-?code|(?<![a-z])qr(?![a-z])|(?<![a-z])ewm|erweima"
    r"|(?<![a-z])wx(?![a-z])|weixin"
    r"|(?<![a-z])ads?(?![a-z])|(?<![a-z])ad[-_]|advert|guanggao|(?<![a-z])gg\d|sponsor|promot|(?<![a-z])banner"
    r"|(?<![a-z])tags?(?![a-z])|keywords?(?![a-z])|tool-?(?:bar|box|s)?(?![a-z])|(?<![a-z])print|font-?size"
    r"|(?<![a-z])size"
    r"|statement|disclaim|declare|shengming|editor(?!ia)|zebian|author-?info|user-?info|user-?card|profile"
    r"|reward|dashang"
    r"|(?<![a-z])zan(?![a-z])|(?<![a-z])like(?![a-z])|(?<![a-z])vote|digg|subscribe|follow|download"
    r"|(?<![a-z])app-|ep-source|(?<![a-z])otitle"
    r"|(?<![a-z])next|(?<![a-z])prev|(?<![a-z])pages?(?:-?nav|-?turn)|correct|jiucuo|feedback|report"
    r"|special_?tag|wap_special"
    r"|statusbar|meta-?info|post-?meta|(?<![a-z])source(?![a-z])|post_?topshare|quotation|toc(?![a-z])"
)
# Words of ids and classes that content systems give to the text itself.
BODY: Final = re.compile(
    r"article-?_?(?:body|content|text|txt|main|detail|con)(?![a-z])|articlebody|art_?_?(?:body|content|text"
    r"|con(?:text)?(?:box)?)(?![a-z])"
    r"|artibody|art_?ical_?real|(?<![a-z])endtext|trs_?editor|ucap-?content|trs_ueditor"
    r"|(?<![a-z])o?zoom(?:con)?(?![a-z])|js_content"
    r"|rich_media_content|(?:news|post|entry|detail|single|main|text|page|info|show|view|blog)[-_]?(?:art_)?"
    r"(?:body|content|text|txt|con)(?![a-z])|content[-_]?(?:body|text|txt|main|detail|article|inner)(?![a-z])|all-txt"
    r"|cnblogs_post_body|markdown-?body|richtext|rich-?text|p-detail|rm_txt_con|rwb_zw|zhengwen|wenzhang|neirong"
    r"|txt_?con"
    r"|(?<![a-z])xl?_?content|main-txt|postmessage_|(?<![a-z])t_f(?![a-z])|d_post_content"
    r"|(?<![a-z])articlecon(?:tent)?(?![a-z])"
)
ARTICLE: Final = re.compile(r"(?<![a-z])(?:article|content|contents|text|txt|entry|detail)(?![a-z])")
# The first post of a thread.
POST: Final = re.compile(
    r"postmessage_|(?<![a-z])t_f(?![a-z])|d_post_content|post_?-?(?:content|body|text|message)|bbs-?content"
)

# A line that begins one of these lists of other things ends the text.
HEADING: Final = re.compile(
    r"[【\[>»·•◆■—\-\s]*(?:相关(?:阅读|新闻|文章|报道|链接|推荐|资讯|内容|专题|文档|稿件|视频)|(?:推荐|延伸|拓展"
    r"|热门|猜你|精彩|更多|最新|编辑|为你|大家都在)"
    r"(?:阅读|推荐|文章|新闻|喜欢|资讯|看|精彩|内容|评论|精选)|热点(?:新闻|推荐|排行)?|猜你喜欢"
    r"|更多精彩(?:内容)?|大家(?:都爱看|还看了)|网友(?:评论|热评|跟贴)"
    r"|(?:最新|热门|全部|精彩|文章|用户|查看|发表|我要|写)评论|评论(?:列表|区)?|跟贴|新闻排行|点击排行|热门标签"
    r"|作者最新文章|相關(?:閱讀|新聞|文章)|延伸閱讀|網友評論"
    r"|参与评论|留言(?:板|列表)?|精选留言|读者评论|上一[篇条]|下一[篇条]|附件下载|热搜|往期(?:回顾|精彩|推荐)|往期精选)"
    r"[】\]]?\s*(?:[（(]\d*[）)]|\d{1,6}|[:：].{0,40}|>>|更多)?\s*"
)
# Lines that serve the page, wherever they stand.
SERVICE: Final = re.compile(
    r"(?:(?:一键)?分享(?:(?:到|至|给).{0,40}|[:：].{0,40})?|转发|收藏|点赞|点讚|评论|打印(?:本页|文章)?|關閉|关闭(?:窗口|本页)?|纠错|举报"
    r"|投诉|扫一扫.{0,30}|(?:微信|手机)?扫(?:描|码).{0,30}"
    r"|(?:用微信|长按|微信)?(?:扫码|扫描|识别).{0,12}二维码.{0,30}|字[体号].{0,20}|[【\[(（]?(?:大|中|小|特大"
    r"|超大)[】\])）]?(?:[ |/]*(?:大|中|小)){0,3}"
    r"|[A-Za-z]?[+＋\-－]{1,2}|返回(?:顶部|首页|列表).{0,6}|责编信息|阅读(?:量|数|全文|原文)?[:：]?\s*\d*"
    r"|浏览(?:量|次数)?[:：]?\s*\d*次?|点击(?:量|数)?[:：]?\s*\d*"
    r"|展开(?:全文|全部|更多)?|收起(?:全文)?|查看(?:原文|更多|全部).{0,4}|点击(?:查看|阅读|下载|进入).{0,16}"
    r"|(?:我要)?(?:评论|回复|赞|打赏|赞赏|踩|顶)\s*[（(]?\d*[）)]?"
    r"|广告|廣告|推广|advertisement|AD|责任编辑[:：]?|当前位置.*|您(?:现在|所在)?的?(?:当前)?(?:所在)?位置.*"
    r"|首页\s*[>＞»/].*|正文|上一页|下一页|登录.{0,4}|注册"
    r"|标签[:：].{0,60}|关键词[:：].{0,60}|Tags?[:：].{0,60}|来源[:：]\s*|作者[:：]\s*|(?:图集|跟贴|参与"
    r"|(?:(?:点?赞|收藏|评论|转发|分享|喜欢|阅读|浏览|转载|打印|举报|踩|顶)\s*+[（(]?\d*+[)）]?[\s·|┊▼]*+){2,}+"
    r"|.{0,40}(?:点我|點我|点此|點此|立即|马上)(?:下载|下載).{0,30}"
    r"|QQ空间|新浪微博|腾讯微博|微博|微信|朋友圈|QQ好友|易信|人人网|豆瓣|Qzone|更多|复制链接))"
    r"[\s|·]*",
    re.IGNORECASE,
)
# Lines of the publisher about itself; only at the end of a text.
NOTICE: Final = re.compile(
    r"[【\[(（*\s]*(?:版权(?:声明|所有|归)|免责(?:声明|条款)|特别声明|郑重声明|法律声明|未经.{0,12}(?:授权|许可|允许).{0,20}|转载请.{0,40}"
    r"|(?:本文)?(?:著作权|版权)归.{0,60}|以上内容(?:仅|系|为).{0,80}|(?:声明|注)[:：].{0,20}(?:本网|本站|平台"
    r"|网易|转载).{0,120}|原文链接.{0,100}|本文(?:链接|地址|标题).{0,100}"
    r"|更多.{0,20}(?:请?关注|下载|尽在).{0,60}|(?:欢迎|敬请|请|点击)关注.{0,40}(?:公众号|微信|微博|官微).{0,30}"
    r"|(?:©|Copyright).{0,80}|[A-Za-z\u4e00-\u9fff]{0,6}ICP备.{0,60}"
    r"|[^。]{0,30}尽在.{0,20}(?:APP|App|客户端)|作者声明.{0,60}|风险提示[:：]?用户.{0,80}"
    r"|本文来源[:：].{0,40}|Notice: The content above.*|Special statement.*|(?:特别)?声明：以上内容.*"
    r"|投稿邮箱.{0,60}|举报电话.{0,60}|(?:新闻)?(?:爆料|热线)(?:电话)?[:：].{0,40})"
)
ORIGINAL_TITLE: Final = re.compile(r"[（(【]原标题[:：].{0,80}[）)】]")
# The pages that stand in for an article. Source: what sites show to unwelcome and to late readers.
CHALLENGE: Final = re.compile(
    r"安全验证|人机验证|滑动验证|拖动(?:下方)?滑块|请输入验证码|验证码|访问(?:过于|太)频繁|异常访问|环境异常"
    r"|请求存在异常|checking your browser|captcha|access denied"
    r"|请开启javascript|enable javascript",
    re.IGNORECASE,
)
GONE: Final = re.compile(
    r"(?:页面|网页|文章|内容|帖子|稿件|信息|主题|新闻)(?:已经?)?(?:不存在|被?删除|丢失|失效|下线|走丢"
    r"|无法(?:查看|访问|打开)|找不到)|(?:访问|查看|请求)的(?:页面|内容|文章|网页|帖子|主题)"
    r"(?:.{0,6})?(?:不存在|已?被?删除|找不到)|抱歉.{0,12}(?:不存在|删除|找不到)|(?<!\d)404(?!\d)|not found"
    r"|已被发布者删除|此内容因违规无法查看|该内容已被",
    re.IGNORECASE,
)
