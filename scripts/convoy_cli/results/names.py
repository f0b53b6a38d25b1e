"""The grammar of names: `cpu_pi/model:threads/gil:cpython32/place:core.close/workers:4/n:1000`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

from ..core.errors import UsageError

# What narrows a placement; in the name where it is not at its default.
NARROWING = ("within", "kind", "smt", "width")
COUNTS = ("workers", "carriers", "interpreters")
AXES = ("model", "runtime", "gil", "place", *NARROWING, "peer", *COUNTS, "engine", "stack")

_WORKLOAD = re.compile(r"[a-z0-9_]+")
_KEY = re.compile(r"[a-z0-9_]+")
# What Google Benchmark hangs on at the end of a name.
_SUFFIX = re.compile(
    r"/(iterations:\d+|repeats:\d+|min_time:[0-9.]+s?|min_warmup_time:[0-9.]+s?|threads:\d+"
    r"|process_time|manual_time|real_time)$"
)
_AGGREGATE = re.compile(r"_(mean|median|stddev|cv|BigO|RMS)$")


@dataclass(frozen=True)
class Name:
    """A workload, and what it was run with, in the order of the name."""

    workload: str
    settings: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return "/".join([self.workload, *(f"{key}:{value}" for key, value in self.settings)])

    def get(self, key: str) -> Optional[str]:
        return dict(self.settings).get(key)

    @property
    def workers(self) -> int:
        return int(self.get("workers") or 1)

    @property
    def parameters(self) -> dict[str, str]:
        return {key: value for key, value in self.settings if key not in AXES}

    def with_setting(self, key: str, value: str) -> Name:
        """The same name with one setting replaced, or added at the end."""
        if self.get(key) is None:
            return Name(self.workload, (*self.settings, (key, value)))
        return Name(
            self.workload,
            tuple((k, value if k == key else v) for k, v in self.settings),
        )


def strip_suffixes(text: str) -> str:
    """`text` without what Google Benchmark added to it."""
    last = text.rpartition("/")[2]
    # `mixed_mean` is an aggregate only behind a suffix or a setting: a workload may end so.
    if "/" in text and _AGGREGATE.search(last):
        text = _AGGREGATE.sub("", text)
    while _SUFFIX.search(text):
        text = _SUFFIX.sub("", text)
    return text


def parse(text: str) -> Name:
    """The parts of a benchmark's name; Google Benchmark's own suffixes are dropped."""
    workload, *rest = strip_suffixes(text).split("/")
    if not _WORKLOAD.fullmatch(workload):
        raise UsageError(_complaint(text, f"{workload!r} is not the name of a workload"))
    settings: list[tuple[str, str]] = []
    for part in rest:
        key, colon, value = part.partition(":")
        if not colon or not value or not _KEY.fullmatch(key):
            raise UsageError(_complaint(text, f"{part!r} is not `key:value`"))
        if key in dict(settings):
            raise UsageError(_complaint(text, f"{key!r} occurs twice"))
        if key in COUNTS and not (value.isdecimal() and int(value) > 0):
            raise UsageError(_complaint(text, f"{key} is {value!r}, not a number from 1 up"))
        settings.append((key, value))
    return Name(workload, tuple(settings))


def _complaint(text: str, why: str) -> str:
    return (
        f"{text!r} is not the name of a benchmark: {why}. Names look like "
        "`cpu_pi/model:threads/gil:none/workers:2`; `scripts/convoy list` shows them."
    )


FREE = "none"  # the name of no lock


def lock_words(gil: str) -> str:
    """`without a lock`, `under cpython32`"""
    return "without a lock" if gil == FREE else f"under {gil}"


MODELS_IN_ORDER = ("single", "threads", "processes", "coroutines", "fibers")


def model_order(model: str) -> tuple[int, str]:
    """Models, and series of them, in the order of a legend."""
    name = model.partition(",")[0]
    known = MODELS_IN_ORDER
    return (known.index(name) if name in known else len(known), model)
