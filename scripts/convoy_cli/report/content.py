"""What a report says of a result: the answer, claims, charts, memory, rows, facts."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Optional

from ..answer import summary
from ..answer.certainty import alarms, disturbance
from ..charts import drawing
from ..charts.seen import Number
from ..claims import chart as claims_chart, claim, document, judge, report as told, session
from ..claims.judge import Verdict
from ..compare import judge as comparison, report as compared
from ..core.errors import MissingData, NameFilter
from ..core.tasks import SharedTasks, spare_cpus
from ..core.units import bounds, duration, rate, short_rate, size, some, three_digits
from ..results import stored, sweeps
from ..results.rows import Result, Row
from ..results.variants import NOT_SHOWN
from ..stats.samples import quantiles
from ..stats.sign_test import Rules
from .page import Block, Cell, Chart, Lines, Section, Table, Text, cells, section

FIRST = ("What to use", "What a lock costs")  # of the sections of a summary
KINDS = {"cpu": "computes", "io": "waits for input and output", "mixed": "computes and waits"}
LOOKS = {Verdict.SUPPORTED.value: "good", Verdict.REFUTED.value: "bad"}
MANY_ROWS = 500  # from so many on, copies of this process draw charts as well
Json = Mapping[str, Any]
Progress = Callable[[str], None]


def opening(result: Result) -> list[str]:
    """The machine and the run in a line, and whether they can be believed."""
    said = [*alarms(result), summary.headline(result)]
    found = disturbance(result)
    if result.findings:
        said.append(f"Before the run the machine had {some(len(result.findings), 'finding')}:")
        said += [str(each.get("message", each)) for each in result.findings]
    if found.samples:
        many = found.how_many
        verb = "was" if not found.disturbed else "were"
        said.append(f"{many[0].upper()}{many[1:]} {verb} disturbed by something else.")
    if result.failed:
        said.append(f"{some(len(result.failed), 'row')} failed; the caveats name them.")
    if result.interrupted:
        said.append("The run was interrupted: what it had measured by then is here.")
    return said


def sections(
    result: Result, other: Optional[stored.Stored], this: Optional[stored.Stored], show: Progress,
    verdicts: Optional[Json] = None,
) -> list[Section]:  # fmt: skip
    """From top to bottom. `other` is a result to be put beside `this`, which is `result` again.

    `verdicts` is a file of `claims --json`; without one, claims are judged by the result's rows.
    """
    show("charts")
    with drawn_aside(result) as drawn:
        answered = summary.answer(result)
        by_title = dict(summary.summary_of(answered).sections)
        made = [
            section("The answer", answer(by_title)),
            section("What to use for which work", decisions(summary.document(answered))),
        ]
        if other is not None and this is not None:
            made.append(section("Beside the other result", beside(other, this)))
        judged = claims(result) if verdicts is None else file_of(verdicts)
        made.append(section("Textbook claims", judged))
        last = [
            section("Memory of many tasks", memory(result)),
            section("The answer in full", rest(by_title)),
            section("Every row", [rows(result)] if result.every_row else []),
            section("Facts", [facts(result)]),
            section("How to do it again", again(result)),
        ]
        return [*made, section("Charts", charts(drawn, result, show)), *last]


def answer(by_title: Mapping[str, Any]) -> Iterator[Block]:
    found = [each for title in FIRST for each in by_title.get(title, ())]
    if not found:
        yield Text(
            "This result compares no models: it has one model alone, or no row of single with one "
            "worker and no lock. `scripts/convoy run --suite quick` measures what an answer needs."
        )
    yield from blocks(found)
    yield from blocks(by_title.get("Caveats", ()))


def blocks(body: Any) -> Iterator[Block]:
    for each in body:
        yield Text(each) if isinstance(each, str) else Lines(tuple(each.lines))


def rest(by_title: Mapping[str, Any]) -> Iterator[Block]:
    for title, body in by_title.items():
        if title not in (*FIRST, "Caveats"):
            yield Text(f"{title}.")
            yield from blocks(body)


def decisions(found: Json) -> Iterator[Block]:
    if not found["use"]:
        return
    lines = []
    for each in found["use"]:
        ratio = each["ratio"]
        gain = "" if ratio is None else f"{three_digits(ratio)} ×"
        if each["interval"]:
            gain += f" ({'–'.join(three_digits(edge) for edge in each['interval'])})"
        winner = " or ".join(each["winner"]) or "not known: disturbed"
        sure = "resolved" if each["resolved"] else "not resolved"
        lines.append(
            cells([
                KINDS.get(each["kind"], each["kind"]), ", ".join(each["workloads"]),
                "no lock" if each["lock"] == "none" else each["lock"], winner,
                Cell(gain, ratio, "number"), sure,
            ])
        )  # fmt: skip
    header = ("work that", "measured by", "lock", "use", "speed over one worker", "the interval")
    yield Table("The fastest model for each kind of work", header, tuple(lines))


def claims(result: Result) -> Iterator[Block]:
    """Those that the result's own rows can judge; nothing is measured for a report."""
    known = claim.discover()
    measured = session.Measured(result)
    testable = [each for each in known.values() if each.cases and measured.has(each)]
    if testable:
        judged = judge.judge(testable, measured, lambda evidence: evidence.cases)
        yield Table(
            "Verdicts on textbook claims that this result has the rows for",
            ("claim", "verdict", "measured", "why not decided"),
            tuple(verdict(document.entry("", each), each.claim.sentence) for each in judged),
        )
    missing = len(known) - len(testable)
    if missing:
        yield Text(
            f"Claims that the result lacks rows for: {missing}. `scripts/convoy claims` measures "
            "and judges all."
        )


def file_of(verdicts: Json) -> Iterator[Block]:
    """The verdicts of a file: disagreements first, then every claim as each source answers it."""
    for label, counts in told.tally(dict(verdicts)).items():
        said = ", ".join(f"{counts[e.value]} {e.value}" for e in told.ORDER if counts[e.value])
        yield Text(f"{label}: {said}. Measured on {verdicts['created']}.")
    for sentence, answers in document.disagreements(dict(verdicts)):
        each = "; ".join(f"{a['source']}: {a['verdict']}, {told.evidence_of(a)}" for a in answers)
        yield Text(f"Models and interpreters disagree. {sentence}: {each}.")
    several = len(verdicts["sources"]) > 1
    lines = []
    for one in verdicts["claims"]:
        for answer in one["answers"]:
            first, *rest = verdict(answer, one["sentence"])
            lines.append((first, *(cells([answer["source"]]) if several else ()), *rest))
    header = ("claim", *(["asked"] if several else []), "verdict", "measured", "why not decided")
    yield Table("Verdicts on textbook claims", header, tuple(lines))
    yield from chart_of(claims_chart, verdicts)


def verdict(entry: Json, sentence: str) -> tuple[Cell, ...]:
    shown = next(
        (f for f in entry["findings"] if f["verdict"] == entry["verdict"] and f["value"]), None
    )
    measured = ""
    if shown is not None and shown["kind"].startswith("ratio"):
        inside = document.interval_of(shown)
        measured = f"{shown['what']}: {three_digits(shown['value'])} ×"
        measured += f" ({bounds(inside)})" if inside else ""
    elif shown is not None:
        measured = f"{shown['what']}: {three_digits(shown['value'])}"
    look = LOOKS.get(entry["verdict"], "")
    return cells([sentence, Cell(entry["verdict"], None, look), measured, entry["reason"]])


def drawn_aside(result: Result) -> SharedTasks[list[Chart]]:
    """The charts of a result, a task each; of a large one, copies begin to draw at once."""
    drawing.prepare()
    tasks = [functools.partial(one_chart, figure, result) for figure in figures()]
    return SharedTasks(tasks, spare_cpus() if len(result.rows) >= MANY_ROWS else 0)


def figures() -> list[Any]:
    """Those that draw every result's rows take longest, so they come first."""
    return sorted(drawing.discover().values(), key=lambda figure: hasattr(figure, "ONLY_OF"))


def one_chart(figure: Any, result: Result) -> list[Chart]:
    return list(chart_of(figure, result))


def charts(drawn: SharedTasks[list[Chart]], result: Result, show: Progress) -> Iterator[Block]:
    names = [figure.NAME for figure in figures()]
    found = drawn.results(lambda number: show(f"chart {names[number]}"))
    made = sorted((chart for each in found for chart in each), key=lambda chart: chart.name)
    if any(NOT_SHOWN in words for chart in made for words in chart.below):
        file, example = shlex.quote(result.path.name), result.rows[0].workload
        yield Text(
            f"Where a chart says `{NOT_SHOWN}`, it has no room for every row. "
            f"`scripts/convoy plot {file} --filter '^{example}/'` draws the charts of those rows "
            "alone whose names you ask for."
        )
    yield from made


def chart_of(figure: Any, result: Any) -> Iterator[Chart]:
    """The chart, its finding or question as title; nothing where it has nothing to draw."""
    try:
        made = drawing.drawn(figure, result, ("svg",), heading=False)
    except MissingData:
        return
    sentences = re.split(r"(?<=[.;]) (?=[^\s\d])", made.words)
    yield Chart(
        figure.NAME, made.finding or figure.TITLE, made.files["svg"].decode(),
        tuple(part for part in sentences if part), figure.TITLE if made.finding else "",
        tuple(made.below.splitlines()), numbers(made.finding or figure.TITLE, made.numbers),
    )  # fmt: skip


def numbers(title: str, found: Sequence[Number]) -> Optional[Table]:
    """What the chart draws, a row a number."""
    if not found:
        return None
    remarked = any(number.remark for number in found)
    lines = [
        cells([number.name, Cell(number.text, number.value, "number"),
               Cell(number.bounds, None, "number"), *([number.remark] if remarked else [])])
        for number in found
    ]  # fmt: skip
    header = ("what", "value", "95 % interval", *(["remark"] if remarked else []))
    return Table(f"Numbers: {title}", header, tuple(lines))


def memory(result: Result) -> Iterator[Block]:
    ladders = sweeps.of(result)
    lines = []
    for ladder in ladders:
        for row in ladder.rows:
            weight, start = sweeps.weight(row), sweeps.start(row)
            lines.append(
                cells([
                    ladder.series, Cell(f"{row.workers:,}", row.workers, "number"),
                    Cell(size(weight.value) if weight else "", weight and weight.value, "number"),
                    Cell(duration(start.value) if start else "", start and start.value, "number"),
                ])
            )  # fmt: skip
        if ladder.stop is not None:
            lines.append(
                cells([
                    ladder.series, Cell(f"{ladder.stop.workers:,}", ladder.stop.workers, "number"),
                    f"did not finish: {ladder.stop.cause}", "",
                ])
            )  # fmt: skip
    if lines:
        header = ("model", "tasks at once", "memory a task", "starting and ending all")
        yield Table("What tasks that sleep weigh", header, tuple(lines))


def rows(result: Result) -> Table:
    header = (
        "benchmark", "model", "lock", "workers", "time of an operation", "operations/s", "p99",
        "samples", "remarks",
    )  # fmt: skip
    return Table(
        f"All {len(result.every_row):,} rows", header,
        tuple(line(row) for row in result.every_row), True,
    )  # fmt: skip


def line(row: Row) -> tuple[Cell, ...]:
    p99: Optional[float] = None
    if row.latency is not None and row.latency.buckets:
        p99 = quantiles(row.latency.buckets, [0.99])[0]
    known = bool(row.samples)
    value = row.median_ns if known else None
    inside = row.interval_ns
    time = "" if value is None else duration(value)
    if inside is not None:
        time += f" ({duration(inside.low)}–{duration(inside.high)})"
    return cells([
        Cell(row.name, None, "name"), row.series, "" if row.gil == "none" else row.gil,
        Cell(f"{row.workers:,}", row.workers, "number"), Cell(time, value, "number"),
        Cell(speed(row, value) if value else "", 1e9 / value if value else None, "number"),
        Cell("" if p99 is None else duration(p99), p99, "number"),
        Cell(str(len(row.samples)), len(row.samples), "number"), ", ".join(remarks(row)),
    ])  # fmt: skip


def speed(row: Row, median_ns: float) -> str:
    """`19.9 k/s of 20 k/s (lock)`: beside the most that its parameters allow."""
    text = rate(1e9 / median_ns)
    if row.ceiling is None:
        return text
    return f"{text} of {short_rate(row.ceiling.per_second)} ({row.ceiling.set_by})"


def remarks(row: Row) -> Iterator[str]:
    if row.disturbed:
        yield "disturbed"
    if not row.pinned:
        yield "not pinned"
    if not row.converged:
        yield "not converged"
    if row.raw.get("virtual_topology"):
        yield "virtual topology"


def facts(result: Result) -> Table:
    lines = []
    for name, value in result.facts.items():
        if isinstance(value, Mapping):
            shown = f"not known: {value['reason']}" if "reason" in value else str(dict(value))
        else:
            shown = "" if value is None else str(value)
        lines.append(cells([name.replace("_", " "), shown]))
    convoy = result.convoy
    lines += [cells([name, str(convoy.get(name))]) for name in ("created", "seed", "fingerprint")]
    return Table("The machine and the run, as the result has them", ("fact", "value"), tuple(lines))


def again(result: Result) -> Iterator[Block]:
    words = [str(word) for word in result.convoy["command_line"]]
    if words:
        words[0] = "scripts/convoy" if words[0].endswith("convoy-bench") else words[0]
    yield Text("This command measured it; `--seed` makes the order of the samples the same.")
    yield Lines((shlex.join(words),))


def beside(base: stored.Stored, contender: stored.Stored) -> Iterator[Block]:
    """The other one is the base, this one the contender."""
    made = comparison.document(
        base, contender, NameFilter(""), Rules(), None, tuple(stored.unlike(base, contender))
    )
    made["remarks"][:0] = stored.remarks(base, contender)
    yield Lines(tuple(compared.lines(made)))
