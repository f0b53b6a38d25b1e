"""Numbers as people read them."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from .errors import UsageError

US, MS, SECOND = 1_000, 1_000_000, 1_000_000_000  # in nanoseconds
# As Google Benchmark writes times; as settings take them; and as people give them.
TIMES_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
UNITS_NS = TIMES_NS | {"min": 60e9}
WORDS_NS = UNITS_NS | {"µs": 1e3, "h": 3600e9}
READ_NS = {"s": 1e9, "ms": 1e6, "µs": 1e3, "ns": 1.0}  # as they are shown, the longest first



def time_ns(text: str, option: str) -> int:
    """A time that a user wrote for an option, such as 5ms."""
    match = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-zµ]+)\s*", text)
    if match is None or match[2] not in WORDS_NS:
        raise UsageError(f"{option} {text!r}: write a number with a unit, as in 5ms, 500us or 1s.")
    return round(float(match[1]) * WORDS_NS[match[2]])


class Interval(NamedTuple):
    low: float
    high: float


def three_digits(value: float) -> str:
    """1.97, 23.4, 512: as many digits as mean something."""
    if value == 0:
        return "0"
    magnitude = abs(value)
    decimals = 0 if magnitude >= 99.95 else 1 if magnitude >= 9.995 else 2
    if magnitude < 0.0995:
        decimals = 3
    return f"{value:.{decimals}f}"


def duration(value_ns: float) -> str:
    found = (unit for unit, size in READ_NS.items() if abs(value_ns) >= size * 0.9995)
    unit = next(found, "ns")
    return f"{short(value_ns / READ_NS[unit])} {unit}"


def duration_between(value_ns: float, interval: Optional[Interval]) -> str:
    """11.2 µs (11.0–11.5): the bounds in the unit of the value."""
    if interval is None:
        return duration(value_ns)
    text, _, unit = duration(value_ns).rpartition(" ")
    scale = READ_NS[unit]
    return f"{text} {unit} ({bounds(Interval(interval.low / scale, interval.high / scale))})"


def size(value_bytes: float) -> str:
    """64 B, 4 KiB, 1.5 MiB."""
    for bytes_of, unit in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if value_bytes >= bytes_of:
            return f"{short(value_bytes / bytes_of)} {unit}"
    return f"{short(value_bytes)} B"


def short(value: float) -> str:
    """As three_digits, without zeros at the end."""
    text = three_digits(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def bounds(interval: Optional[Interval]) -> str:
    if interval is None:
        return ""
    return f"{three_digits(interval.low)}–{three_digits(interval.high)}"


RATES = ((1e9, " G/s"), (1e6, " M/s"), (1e3, " k/s"), (1.0, "/s"))


def rate(per_second: float, interval: Optional[Interval] = None) -> str:
    """19.5 k/s, 950/s; 19.5 k/s (19.3–19.8)."""
    size, unit = rate_unit(per_second)
    text = f"{three_digits(per_second / size)}{unit}"
    if interval is None:
        return text
    return f"{text} ({bounds(Interval(interval.low / size, interval.high / size))})"


def short_rate(per_second: float) -> str:
    """1 k/s, 2.5 M/s: as rate, without zeros at the end."""
    size, unit = rate_unit(per_second)
    return f"{short(per_second / size)}{unit}"


def rate_unit(per_second: float) -> tuple[float, str]:
    return next((each for each in RATES if per_second >= each[0] * 0.9995), RATES[-1])


def grouped(count: int) -> str:
    """1 234"""
    return f"{count:,}".replace(",", " ")


def percent(share: float) -> str:
    value = share * 100
    return f"{value:.0f} %" if abs(value) >= 9.95 else f"{value:.1f} %"


def some(count: int, noun: str) -> str:
    """1 row, 2 rows; 2 passes."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def signed_percent(share: float) -> str:
    """+3.1 %, −48 %, 0 %."""
    if abs(share) < 0.0005:
        return "0 %"
    return ("+" if share > 0 else "−") + percent(abs(share))
