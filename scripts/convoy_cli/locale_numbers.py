"""Numbers as a locale writes them: `180,831`, `1.234,5`, `1 234`; read where no doubt is left.

A C++ stream writes all numbers of a file in one way. So one number that can only be meant in one
way says what the comma is in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, Optional

# What Google Benchmark writes as an integer: a separator in it separates thousands.
INTEGERS = frozenset((
    "iterations", "repetitions", "repetition_index", "threads", "family_index",
    "per_family_instance_index", "num_cpus", "mhz_per_cpu", "size", "level", "num_sharing",
    "json_schema_version", "max_bytes_used", "total_allocated_bytes", "net_heap_growth",
))  # fmt: skip
PARTS = re.compile(r"([-+]?)(.*?)((?:[eE][-+]?\d+)?)", re.DOTALL)
JSON_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Groups of three; in India of two, but for the last.
GROUPS = re.compile(r"\d{1,3}(?:(\D)\d{3})(?:\1\d{3})*|\d{1,2}(?:(\D)\d{2})(?:\2\d{2})*\2\d{3}")


class Ambiguous(Exception):
    """What is in doubt, as it goes on behind the name of the file."""


class Convention(NamedTuple):
    """What the comma is: the decimal point, or between thousands; None: there is none."""

    decimal: Optional[bool]

    def plain(self, number: str) -> str:
        """The number as JSON has it; as it is where it makes no sense."""
        sign, body, exponent = split(number)
        if JSON_NUMBER.fullmatch(body) and not self.decimal:
            return number.removeprefix("+")
        point = "," if self.decimal else "."
        whole, mark, fraction = body.rpartition(point)
        if not mark:
            whole, fraction = body, ""
        if not whole.isdigit():
            if not GROUPS.fullmatch(whole):
                return number
            whole = re.sub(r"\D", "", whole)
        if mark and not fraction.isdigit():
            return number
        digits = whole.lstrip("0") or "0"
        return f"{sign.removeprefix('+')}{digits}{'.' + fraction if mark else ''}{exponent}"


def convention(numbers: Iterable[tuple[str, str]]) -> Convention:
    """What names and numbers, as text, agree in. Raises Ambiguous where they do not."""
    seen: dict[bool, str] = {}
    doubtful: Optional[tuple[str, str]] = None
    dotted: Optional[str] = None
    for name, number in numbers:
        _, body, exponent = split(number)
        if JSON_NUMBER.fullmatch(body):
            if "." in body and (exponent or not GROUPS.fullmatch(body)):
                dotted = dotted or number
            continue
        decimal = is_decimal(name, body, exponent)
        if decimal is not None:
            seen.setdefault(decimal, number)
        elif "," in body:
            doubtful = doubtful or (name, number)
    if dotted is not None:  # its point can be nothing else
        seen.setdefault(False, dotted)
    if len(seen) > 1:
        raise Ambiguous(f"writes numbers in two ways, {seen[True]} and {seen[False]}")
    if not seen and doubtful is not None:
        name, number = doubtful
        one, other = number.replace(",", ""), number.replace(",", ".")
        raise Ambiguous(f"is in doubt: its {name} is {number}, which may be {one} or {other}")
    return Convention(next(iter(seen), None))


def split(number: str) -> tuple[str, str, str]:
    found = PARTS.fullmatch(number)
    assert found is not None
    return found[1], found[2], found[3]


def is_decimal(name: str, body: str, exponent: str) -> Optional[bool]:
    """Whether the comma must be the decimal point in this file; None: it does not say."""
    commas, points = body.count(","), body.count(".")
    if commas and points:
        return body.rindex(",") > body.rindex(".")
    if points > 1:
        return True
    if commas > 1:
        return False
    if commas == 1:
        before, _, after = body.partition(",")
        if exponent or len(after) != 3 or len(before) > 3 or before.startswith("0"):
            return True
        if name in INTEGERS:
            return False
    return None
