"""Folds what `perf script` prints into stacks with counts, one a line: root;...;leaf 42."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Optional

# What `perf script` is asked for, and prints: a line a sample, then a line a frame, leaf first.
FIELDS = "comm,tid,period,event,ip,sym,dso"
_SAMPLE = re.compile(r"^\s*(?P<comm>\S.*?)\s+\d+\s+\d+\s+\S+:\S*\s*$")
_FRAME = re.compile(r"^\s+[0-9a-f]+ (?P<symbol>.*) \((?P<object>[/\[].*)\)\s*$")
_SEAT = re.compile(r"seat \d+")
# In brackets like a kernel module, and yet none.
_NOT_KERNEL = {"[vdso]", "[unknown]", "[vsyscall]", "[heap]", "[stack]", "[uprobes]", "[anon]"}
UNKNOWN = "[unknown]"
KERNEL = "_[k]"  # behind the name of a function of the kernel, as other tools have it

Stack = tuple[str, ...]


def fold(lines: Iterable[str]) -> Counter[Stack]:
    """The samples of each stack, from its thread's name to its leaf."""
    counts: Counter[Stack] = Counter()
    comm: Optional[str] = None
    frames: list[str] = []
    for line in lines:
        if not line.strip():
            if comm is not None:
                counts[stack_of(comm, frames)] += 1
            comm, frames = None, []
        elif comm is not None and (frame := _FRAME.match(line)):
            frames.append(frame_of(frame["symbol"], frame["object"]))
        elif sample := _SAMPLE.match(line):
            comm, frames = plain(sample["comm"]), []
    if comm is not None:
        counts[stack_of(comm, frames)] += 1
    return counts


def frame_of(symbol: str, binary: str) -> str:
    """The function; of one without a name, the file it is in."""
    if symbol == UNKNOWN:
        return UNKNOWN if binary == UNKNOWN else f"[{PurePosixPath(binary).name.strip('[]')}]"
    kernel = binary.startswith("[") and binary not in _NOT_KERNEL
    return plain(symbol) + (KERNEL if kernel else "")


def plain(name: str) -> str:
    """Without what ends a frame or a line of the folded form, and without control characters."""
    kept = "".join(c if c.isprintable() else "?" for c in name.replace(";", ":"))
    return kept.strip() or UNKNOWN


def stack_of(comm: str, frames: list[str]) -> Stack:
    """Root first. A chain of frame pointers ends in rubbish where a library has none."""
    while frames and frames[-1] == UNKNOWN:
        frames = frames[:-1]
    stack = [comm]
    for frame in reversed(frames):
        if frame != stack[-1] or not frame.startswith("["):
            stack.append(frame)
    return tuple(stack)


def seats_of(counts: Counter[Stack]) -> Counter[Stack]:
    """Those of the seats: neither the controller nor the peer. All, where no thread is named so."""
    found = Counter({s: count for s, count in counts.items() if _SEAT.fullmatch(s[0])})
    return found or counts


def text_of(counts: Counter[Stack]) -> str:
    return "".join(f"{';'.join(stack)} {count}\n" for stack, count in sorted(counts.items()))


def parse(text: str) -> Counter[Stack]:
    """What text_of wrote. Raises ValueError for anything else."""
    counts: Counter[Stack] = Counter()
    for number, line in enumerate(lines_of(text), 1):
        stack, blank, count = line.rpartition(" ")
        if not blank or not (count.isascii() and count.isdecimal()):
            raise ValueError(f"line {number} is no stack with a count")
        counts[tuple(stack.split(";"))] += int(count)
    return counts


def lines_of(text: str) -> Iterator[str]:
    return (line for line in text.split("\n") if line)
