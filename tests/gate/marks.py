"""Rates in words, tables of Markdown, and where in a page they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bounds import Rate


def percent(share: float) -> str:
    """5 %, 0.3 %, 99.9 %: as many digits as say something; 0 and 100 only where it is so."""
    value = 100 * share
    if 0 < value < 0.05:
        return f"{value:.1g} %"
    if 99 < value < 100:
        return f"{min(value, 99.9):.1f} %"
    whole = value >= 9.95 or abs(value - round(value)) < 0.05
    return f"{value:.0f} %" if whole else f"{value:.1f} %"


def told_rate(rate: Rate) -> str:
    """The share, and the bounds that hold it with 95 % confidence."""
    bounds = f"{percent(rate.low).removesuffix(' %')}–{percent(rate.high)}"
    return f"{percent(rate.share)} ({bounds})"


def rate_of(told: dict[str, Any]) -> Rate:
    return Rate(told["hits"], told["of"], told["low"], told["high"])


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows]]


def inserted(page: str, name: str, lines: Sequence[str]) -> str:
    """The page with these lines between its marks `<!-- name -->` and `<!-- end of name -->`."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.escape(begin) + r"\n.*?" + re.escape(end)
    if len(re.findall(pattern, page, flags=re.DOTALL)) != 1:
        raise ValueError(f"the page does not have the marks {begin} and {end} once each")
    block = "\n".join([begin, *lines, end])
    return re.sub(pattern, lambda _: block, page, flags=re.DOTALL)
