"""What a chart shows: its finding for the heading, its numbers for a table, and words for all.

A figure computes numbers and offers a finding; whether that may be said is decided here alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Optional

from ..core.terminal import plain
from ..core.units import Interval, signed_percent, three_digits
from ..results.rows import Row

LONGEST = 150  # letters of a finding: two lines of a heading


class Number(NamedTuple):
    """A number that is drawn, and the rows it is computed from."""

    name: str
    rows: tuple[Row, ...]
    value: float
    interval: Optional[Interval]
    show: Callable[[float], str]

    @property
    def text(self) -> str:
        return self.show(self.value)

    @property
    def bounds(self) -> str:
        """`11.0–11.5 µs`; "" where it has no interval."""
        if self.interval is None:
            return ""
        low, high = (self.show(edge) for edge in self.interval)
        unit = unit_of(high)
        return f"{low.removesuffix(unit)}–{high}" if low.endswith(unit) else f"{low}–{high}"

    @property
    def said(self) -> str:
        """`11.2 µs (11.0–11.5)`"""
        if not self.bounds:
            return self.text
        return f"{self.text} ({self.bounds.removesuffix(unit_of(self.text))})"

    @property
    def sound(self) -> bool:
        """Whether anything may be claimed of it."""
        return self.interval is not None and not any(row.disturbed for row in self.rows)

    @property
    def remark(self) -> str:
        return "disturbed" if any(row.disturbed for row in self.rows) else ""


class Finding(NamedTuple):
    """The answer to a chart's question, and the numbers that it rests on."""

    words: str
    numbers: tuple[Number, ...]

    @property
    def heading(self) -> str:
        """The words, or "" where one of the numbers is disturbed or has no interval."""
        if not all(number.sound for number in self.numbers):
            return ""
        return plain(self.words, LONGEST)


class Seen(str):
    """What `draw` returns: words for those who do not see the chart, with what else there is."""

    finding: Optional[Finding]
    numbers: tuple[Number, ...]

    def __new__(
        cls, words: str, finding: Optional[Finding] = None, numbers: Iterable[Number] = ()
    ) -> Seen:
        made = super().__new__(cls, words)
        made.finding, made.numbers = finding, tuple(numbers)
        return made


def unit_of(text: str) -> str:
    """` µs` of `11.2 µs`; "" of `250 000`."""
    number, _, unit = text.rpartition(" ")
    return f" {unit}" if number and not unit.isdigit() else ""


def seen(returned: str) -> Seen:
    """A figure that has nothing but words returns those."""
    return returned if isinstance(returned, Seen) else Seen(returned)


def heading(finding: Optional[Finding]) -> str:
    return "" if finding is None else finding.heading


def told_apart(numbers: Iterable[Number]) -> tuple[Number, ...]:
    """With a count behind names that others have as well."""
    counts: Counter[str] = Counter()
    named = []
    for number in numbers:
        counts[number.name] += 1
        again = counts[number.name]
        named.append(number._replace(name=f"{number.name} ({again})") if again > 1 else number)
    return tuple(named)


def times(value: float) -> str:
    return f"{three_digits(value)} ×"


def change(factor: float) -> str:
    """A factor as a change: −48 %."""
    return signed_percent(factor - 1)


def apart(numbers: Iterable[Number]) -> Optional[tuple[Number, Number]]:
    """The least and the greatest of those that may be claimed, if their intervals are apart."""
    able = sorted((n for n in numbers if n.sound), key=lambda number: number.value)
    if len(able) < 2:
        return None
    least, most = able[0], able[-1]
    if least.interval is None or most.interval is None or least.interval.high >= most.interval.low:
        return None
    return least, most


def contrast(numbers: Sequence[Number], what: str) -> Optional[Finding]:
    """`Starting one: 17 ns (16–18) for coroutine, 134 µs (131–137) for fork`

    How far apart two ends are. Neither is said to be the least or most of all: others may be near.
    """
    found = apart(numbers)
    if found is None:
        return None
    low, high = found
    words = f"{what}: {low.said} for {low.name}; {high.said} for {high.name}"
    return Finding(words, (low, high))
