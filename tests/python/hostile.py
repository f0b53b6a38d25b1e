"""Two hundred strings that a name or a fact may be, and that no output may obey."""

from __future__ import annotations

# What runs in a page sets `window.hit` or the title: tests look at both.
RUN = "window.hit=1;document.title='hit'"
MARKUP = (
    f"<script>{RUN}</script>", f"<SCRIPT>{RUN}</SCRIPT >", f"<script\x20type=x>{RUN}</script>",
    f"</script><script>{RUN}</script>", f"</title><script>{RUN}</script>",
    f'"</style><script>{RUN}</script>', f"</textarea><script>{RUN}</script>",
    f"--><script>{RUN}</script>", f"]]><script>{RUN}</script>", f"</desc><script>{RUN}</script>",
    f"</text><script>{RUN}</script>", f"</td></tr></table><script>{RUN}</script>",
    f"</details><script>{RUN}</script>", f"</svg><script>{RUN}</script>",
    f'<img src=x onerror="{RUN}">', f"<img/src=x/onerror={RUN}>", f"<svg onload=\"{RUN}\">",
    f"<svg/onload={RUN}>", f"<body onload=\"{RUN}\">", f"<details open ontoggle=\"{RUN}\">",
    f"<input autofocus onfocus=\"{RUN}\">", f"<iframe srcdoc=\"<script>parent.{RUN}</script>\">",
    "<iframe src=javascript:window.hit=1>", f"<a href=\"javascript:{RUN}\">x</a>",
    "<object data=data:text/html,x>", "<embed src=x>", "<base href=//example.com/>",
    "<meta http-equiv=refresh content=\"0;url=//example.com\">", "<link rel=stylesheet href=//x.y>",
    "<style>*{display:none}</style>", "<style>@import '//example.com'</style>", "<!-- ", "-->",
    "<![CDATA[", "]]>", "<?xml version='1.0'?>", "<?php echo 1 ?>", "<!DOCTYPE html>",
    "<!ENTITY a 'b'>", "&a;", "&lt;script&gt;", "&#60;script&#62;", "&#x3c;", "&amp;amp;", "&", "<",
    ">", "<>", "</", "<<<<", "<b", "<br/>", "<template>", "<math><mtext>", "<xmp>", "<plaintext>",
    "<noscript><p title=\"</noscript><img src=x onerror=window.hit=1>\">",
)  # fmt: skip
QUOTES = (
    '"', "'", "`", '""', "''", "\"'`", "\\", "\\\\", '\\"', "\\'", "\\n", "\\u003cscript\\u003e",
    f"\" onmouseover=\"{RUN}", f"' onfocus='{RUN}", f"\" autofocus onfocus=\"{RUN}\" x=\"",
    f"';{RUN};//", f"\";{RUN};//", f"`;{RUN};//", f"-{RUN}-", f"javascript:{RUN}",
    "data:text/html,<script>window.hit=1</script>", "url(//example.com)", "}*{color:red",
    "*/ body{display:none} /*", "//", "/*", "*/", "#", "?",
)  # fmt: skip
MARKS_OF_DIRECTION = (
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
)
TURNED = tuple(f"a{mark}b" for mark in MARKS_OF_DIRECTION)
UNSEEN = tuple(f"a{mark}b" for mark in (
    "\0", "\x01", "\x07", "\b", "\t", "\n", "\v", "\f", "\r", "\r\n", "\x1a", "\x1b", "\x7f",
    "\x80", "\x85", "\x90", "\x9b", "\x9d", "\x9f", "\u00ad", "\u200b", "\u200c", "\u200d",
    "\u2028", "\u2029", "\u2060", "\ufeff", "\ufff9", "\ufffe", "\uffff", "\ud800", "\udfff",
    "\U000e0041", "\U0010ffff", "\ue000",
))  # fmt: skip
TERMINAL = (
    "\x1b[2J", "\x1b[31mred", "\x1b[8m", "\x1b[1A\x1b[2K", "\x1b[6n", "\x1bc", "\x1b]0;hit\x07",
    "\x1b]8;;http://example.com\x07x\x1b]8;;\x07", "\x1b]52;c;aGl0\x07", "\x1bP+q\x1b\\",
    "\x1b_G\x1b\\", "\x9b2J", "\x9d0;hit\x9c", "\x1b[?1049h", "\x1b(0",
)  # fmt: skip
LETTERS = (
    "🙂", "👨‍👩‍👧‍👦", "🏳️‍🌈", "\u00e9", "e\u0301", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙", "日本語", "עברית", "العربية", "ไทย",
    "𝕏", "ﷺ", "ß" * 40, "\N{NO-BREAK SPACE}", " leading", "trailing ", "", " ", "a" * 5000,
    "日" * 500, "a " * 1000, "<" * 2000,
)  # fmt: skip
FORMATS = (
    "{}", "{0}", "{x}", "{0.__class__}", "{!r}", "{", "}", "{{", "}}", "{{7*7}}", "{{ config }}",
    "{% raw %}", "{% include '/etc/passwd' %}", "{# x #}", "{%- endblock -%}", "${7*7}", "#{7*7}",
    "<%= 7*7 %>", "%s", "%n", "%(x)s", "%", "%%", "%0A", "%00", "$HOME", "$(id)", "`id`", "; id",
    "| id", "&& id", "$x$", "$\\frac{", "$", "$$", "\\alpha", "x_y^z", "__import__('os')",
)  # fmt: skip
SHEETS = (
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1",
    "=HYPERLINK(\"//x\")",
)  # fmt: skip
MARKS = (
    "::error::x", "::set-output name=x::y", "##[error]x",
    "| a | b |", "# head", "- item", "1. item",
    "> quote", "```", "[l](javascript:window.hit=1)", "![i](//example.com)", "@everyone", "#1",
    "a*b*c", "<!-- x", "../../etc/passwd", "/dev/null", "CON", "a/b:c/d:e", "model:threads", "'--",
    "' OR 1=1 --", "null", "NaN", "-1", "1e999", "true", "[]",
)  # fmt: skip
STRINGS = (*MARKUP, *QUOTES, *TURNED, *UNSEEN, *TERMINAL, *LETTERS, *FORMATS, *SHEETS, *MARKS)
BATCH = 24
BATCHES = tuple(STRINGS[at : at + BATCH] for at in range(0, len(STRINGS), BATCH))
