"""Advice as text, for a terminal or as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

from ..core.terminal import table
from ..core.units import Interval, bounds, duration, grouped, percent, rate, size, three_digits
from ..results.names import lock_words
from ..stats.samples import median
from .advice import best_rate
from .mapping import TIE

Json = Mapping[str, Any]


def lines(told: Json) -> Iterator[str]:
    """The answer first, then why, then every shape, then what is not known."""
    yield f"{sentence(told['work']['words'])}, {lock_words(told['gil'])}"
    yield ""
    if not told["shapes"]:
        yield "No shape of a program was measured often enough to say anything: give more --budget."
        return
    yield from answer(told)
    yield ""
    yield from table(HEADER, cells(told))
    yield ""
    yield from because(told)
    yield ""
    yield from remarks(told)


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def answer(told: Json) -> Iterator[str]:
    first = told["shapes"][0]
    done = first["measured"]
    if done:
        yield f"Build it as {first['words']}: {rate(done['rate'])} measured here."
    elif first["known"]:
        between = Interval(*first["interval"])
        yield f"Build it as {first['words']}: {rate(first['rate'], between)} predicted."
    else:
        yield (
            f"Probably {first['words']}, but not known: the map is too far from here. `--measure` "
            "runs this very case."
        )
    if told["alike"]:
        names = ", ".join(told["alike"])
        yield f"As fast within 5 %: {names}."
    behind = [each for each in told["shapes"][1:] if each["series"] not in told["alike"]]
    if behind:
        yield f"Next: {behind[0]['words']}, {slower(first, behind[0])}."


def slower(first: Json, other: Json) -> str:
    """`1.92 × slower (1.88–1.97)`"""
    compared = (other["measured"] or {}).get("slower")
    if compared is not None:
        inside = compared["interval"]
        shown = f" ({bounds(Interval(*inside))})" if inside else ""
        return f"{three_digits(compared['ratio'])} × slower{shown}"
    if not best_rate(other):
        return str(other["measured"]["reason"])
    return f"{three_digits(best_rate(first) / best_rate(other))} × slower by the map"


FEW = 2  # from so many on anything beats one after the other
HEADER = ("shape", "predicted", "measured", "at most", "p99", "memory")


def cells(told: Json) -> Iterator[Sequence[str]]:
    for each in told["shapes"]:
        done = each["measured"]
        yield (
            each["series"],
            rate(each["rate"], Interval(*each["interval"])) if each["known"] else "not known",
            "–" if not done else rate(done["rate"]) if done["rate"] else "failed",
            f"{rate(each['ceiling']['rate'])} ({each['ceiling']['cause']})",
            p99(each),
            memory(each),
        )


def p99(each: Json) -> str:
    done = each["measured"]
    if done and done.get("p99_ns") is not None:
        return duration(done["p99_ns"])
    near = each["p99"]
    return "–" if near is None else f"{duration(near['p99_ns'])} *"


def memory(each: Json) -> str:
    return "–" if each["memory_bytes"] is None else size(each["memory_bytes"])


def because(told: Json) -> Iterator[str]:
    """What limits it, and what would change the answer."""
    for each in told["ceilings"]:
        yield (
            f"No more than {rate(each['rate'])} with {', '.join(each['series'])}: "
            f"{each['cause']}."
        )
    for each in told["ahead_from"]:
        if each["concurrency"] > FEW:
            yield (
                f"From {where(each)} at once on, {told['shapes'][0]['series']} is faster than "
                f"{each['series']} by more than 5 %."
            )
    for each in told["thresholds"]:
        yield threshold(each)
    if told["thresholds"] == []:
        yield "No other shape is faster by more than 5 % at any concurrency from 1 to 10 000."
    free = told["free_threading"]
    if free is not None:
        yield free_threading(free)


def threshold(each: Json) -> str:
    side = "From" if each["upwards"] else "Up to"
    return f"{side} {where(each)} at once, {each['series']} is faster by more than 5 %."


def where(each: Json) -> str:
    """`98 (95 %: 85–113)`; where the map bounds it on one side alone, that side."""
    low, high = sorted((each["low"], each["high"]), key=lambda one: one is None)
    count = grouped(each["concurrency"])
    if low is None:
        return f"about {count} (the map is not sure)"
    if high is None:
        above = low < each["concurrency"]
        return f"{count} (95 %: {'more' if above else 'less'} than {grouped(low)})"
    low, high = sorted((low, high))
    return f"{count} (95 %: {grouped(low)}–{grouped(high)})"


def free_threading(free: Json) -> str:
    inside = Interval(*free["interval"])
    ratio = three_digits(free["ratio"])
    if inside.low <= 1 <= inside.high:
        change = f"would not change threads by more than the map's error: {ratio} × as fast"
    else:
        change = f"would make threads {ratio} × as fast"
    return (
        f"Without the lock (free threading, sub-interpreters): it {change} ({bounds(inside)}), "
        f"{rate(free['threads'])}; the best there is {free['best']}, {rate(free['best_rate'])}."
    )


def remarks(told: Json) -> Iterator[str]:
    if told["outside"]:
        yield f"Outside the map: {'; '.join(told['outside'])}. `--measure` runs it."
    for each in told["not_started"]:
        yield (
            f"{each['series']} were not looked at beyond {grouped(each['most'])} at once: starting "
            "so many takes longer than any work."
        )
    for each in told["no_room"]:
        yield f"{each['series']} did not run with {grouped(each['concurrency'])}: {each['reason']}."
    if any(each["p99"] and not each["measured"] for each in told["shapes"]):
        near = next(each["p99"]["at"] for each in told["shapes"] if each["p99"])
        yield f"* p99 of a case near by that was measured: {near}."
    if any(each["measured"] and each["measured"].get("disturbed") for each in told["shapes"]):
        yield "Other programs disturbed some of these measurements: measure again."
    kept = told["map"]
    if kept["error"] is not None:
        yield (
            f"The map: {kept['points']} points of {kept['created'][:10]}, measured in "
            f"{duration(kept['spent_s'] * 1e9)}; the median error at points left out is "
            f"{percent(kept['error'])}."
        )
    yield from told["not_asked"]


# -------------------------------------------------------------------------------------------------
# As Markdown.


def markdown(told: Json) -> Iterator[str]:
    yield f"## {sentence(told['work']['words'])}, {lock_words(told['gil'])}"
    yield ""
    if not told["shapes"]:
        yield "Too little was measured to say anything."
        return
    yield from (f"{line}  " for line in answer(told))
    yield ""
    yield row(HEADER)
    yield row(["---"] * len(HEADER))
    for each in cells(told):
        yield row(each)
    yield ""
    yield from (f"- {line}" for line in [*because(told), *remarks(told)])
    for asked in told.get("python", ()):
        yield ""
        yield python_title(asked)
        if not asked.get("reason"):
            yield ""
            yield row(PYTHON_HEADER)
            yield row(["---"] * len(PYTHON_HEADER))
            yield from (row(python_cells(shape)) for shape in asked["shapes"])
    if others := told.get("runtimes"):
        yield ""
        yield row(RUNTIME_HEADER)
        yield row(["---"] * len(RUNTIME_HEADER))
        for other in others:
            reason = other.get("reason")
            yield row([other["label"], "", "", reason] if reason else runtime_cells(other))


def row(each: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in each) + " |"


# -------------------------------------------------------------------------------------------------
# Real interpreters beside the prediction, and the map tried.


def python(told: Sequence[Json]) -> Iterator[str]:
    for each in told:
        yield python_title(each)
        if not each.get("reason"):
            lines_ = map(python_cells, each["shapes"])
            yield from (f"  {line}" for line in table(PYTHON_HEADER, lines_))


PYTHON_HEADER = ("shape", "rate", "predicted", "× its one loop", "predicted")


def python_title(each: Json) -> str:
    if each.get("reason"):
        return f"{each['label']}: {each['reason']}"
    busy = ", disturbed by other programs" if each["disturbed"] else ""
    return f"{each['label']} with the same case, {each['passes']} passes{busy}:"


def python_cells(shape: Json) -> Sequence[str]:
    predicted, beside = shape["predicted"], shape["predicted_ratio"]
    return (
        shape["series"],
        f"{rate(shape['rate'])} ({rate(shape['lowest'])} to {rate(shape['highest'])})",
        "–" if predicted is None else rate(predicted),
        three_digits(shape["ratio"]),
        "–" if beside is None else three_digits(beside),
    )


def runtimes(told: Sequence[Json]) -> Iterator[str]:
    """What other libraries do of the case, beside Convoy's coroutines."""
    asked = [each for each in told if not each.get("reason")]
    if asked:
        yield "The same case in other libraries and interpreters, each on one CPU:"
        yield from (f"  {line}" for line in table(RUNTIME_HEADER, map(runtime_cells, asked)))
    for each in told:
        if each.get("reason"):
            yield f"{each['label']}: {each['reason']}"


RUNTIME_HEADER = ("library", "rate", "× Convoy's coroutines", "remark")


def runtime_cells(each: Json) -> Sequence[str]:
    beside = "–" if each["ratio"] is None else three_digits(each["ratio"])
    if each["interval"] is not None:
        beside += f" ({bounds(Interval(*each['interval']))})"
    between = f"{rate(each['rate'])} ({rate(each['lowest'])} to {rate(each['highest'])})"
    return each["label"], between, beside, "disturbed" if each["disturbed"] else ""


def trials(told: Sequence[Json], limit: float) -> Iterator[str]:
    header = ("case", "lock", "advised", "predicted", "measured", "error", "best", "behind")
    yield from table(header, map(trial, told))
    good = sum(each["behind"] <= limit for each in told)
    errors = [each["error"] for each in told]
    disturbed = sum(each["disturbed"] for each in told)
    yield ""
    yield (
        f"In {good} of {len(told)} cases the advised shape was the fastest or within "
        f"{percent(limit)} of it; the median error of its rate was {percent(median(errors))}."
    )
    if disturbed:
        yield f"Other programs disturbed {disturbed} of the cases."


def trial(each: Json) -> Sequence[str]:
    wait = duration(each["wait_ns"]) if each["wait_ns"] else "none"
    return (
        f"{duration(each['cpu_ns'])} + {wait}, {grouped(each['concurrency'])} at once",
        each["gil"], each["advised"], rate(each["predicted"]), rate(each["measured"]),
        percent(each["error"]), each["best"],
        "–" if each["behind"] <= 0 else percent(each["behind"]),
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------
# The map without a case: the winner in each corner of it.


def of_map(told: Sequence[tuple[str, Sequence[tuple[str, Optional[str], float]]]]) -> Iterator[str]:
    """For each lock, what wins where: a line a region, with by how much."""
    for gil, regions in told:
        yield f"{sentence(lock_words(gil))}:"
        for place, winner, ahead in regions:
            if winner is None:
                yield f"  {place}: not known"
            else:
                yield f"  {place}: {winner}, {margin(ahead)}"


def margin(ahead: float) -> str:
    if math.isinf(ahead):
        return "and no other model was looked at with so many"
    if ahead < 1 + TIE:
        return "but another model is as fast within 5 %"
    return f"{three_digits(ahead)} × as fast as the best of another model"
