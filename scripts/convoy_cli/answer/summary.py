"""A result's answer in words, as the terminal prints it, and its claims as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional, Union

from ..core.units import Interval, grouped, some
from ..results.rows import Result, Row
from .advice import Advice, Cost, Costs, advise, lock_costs
from .beside import beside
from .ceilings import ceilings
from .certainty import Family, alarms, caveats, disturbance
from .scaling import scaling
from .tasks import OVERHEAD, Marks, Table, Tables, Task, tasks, title, wrapped
from .topics import Crowd, Handover, Starts, handovers, lost_updates, many_at_once, starts

# -------------------------------------------------------------------------------------------------
# A result's answer in words; the terminal prints it, and a report can.

# The workload that speaks for its kind with a table; the first one where it is missing.
SPEAKERS = {"cpu": "cpu_pi", "native": "cpu_sha256", "io": "io_sleep", "mixed": "mixed"}
FACTORS = (
    "× is the ratio of operations per second to one worker of single without a lock, pass by "
    "pass; brackets hold 95 % intervals."
)
FEW = 3  # workloads that all have a table
SHORT = 40  # lines of tables that are no trouble to read
MOST = 4  # workloads named whose rows are not told

Body = list[Union[str, Table]]


class Summary(NamedTuple):
    """Paragraphs to be shown one after another; `caveats` are what a reader must know besides."""

    opening: list[str]
    sections: list[tuple[str, Body]]

    def lines(self) -> list[str]:
        out = [line for sentence in self.opening for line in wrapped(sentence)]
        for heading, body in self.sections:
            out += ["", *wrapped(heading)]
            for each in body:
                out += each.lines if isinstance(each, Table) else wrapped(each, "  ")
        return out


@dataclass(frozen=True)
class Answer:
    """All that is compared of a result, and judged."""

    result: Result
    tasks: list[Task]
    family: Family
    marks: Marks
    advice: list[Advice]
    costs: list[Costs]
    starts: list[Starts]
    handovers: list[Handover]
    crowds: list[Crowd]

    def answers(self, task: Task) -> bool:
        """Whether a sentence of its own tells all there is of the task."""
        rows = {id(row) for row in self.answered_rows}
        return all(id(row) in rows for row in task.rows)

    @property
    def sentences(self) -> list[Union[Starts, Handover, Crowd]]:
        """Those that tell all that there is of their rows."""
        return [*self.starts, *self.handovers, *self.crowds]

    @property
    def answered_rows(self) -> list[Row]:
        return [row for each in self.sentences for row in each.rows.values()]


def answer(result: Result) -> Answer:
    marks, found = Marks(result), tasks(result)
    family = Family(disturbance(result).silent)
    answered = Answer(
        result, found, family, marks, advise(found, family, marks),
        lock_costs(found, family, marks), [*starts(result, family, marks)],
        [*handovers(result, family, marks)], [*many_at_once(result, marks)],
    )  # fmt: skip
    for each in answered.sentences:
        each.compare()
    tables = Tables(family, marks, everything=False)
    for task in found:
        if task.kind != OVERHEAD:
            tables.lines(task)
    family.settle()
    return answered


def summarise(result: Result, everything: bool = False) -> Summary:
    """The whole answer; `everything`: every row has its line."""
    return summary_of(answer(result), everything)


def summary_of(answered: Answer, everything: bool = False) -> Summary:
    """The same of what was compared and judged already."""
    result = answered.result
    tables = Tables(answered.family, answered.marks, everything)
    sections = kinds(answered, tables)
    lost = [*lost_updates(answered.tasks, answered.marks)]
    tables.shown |= {
        row.name
        for task in answered.tasks
        for gil in task.gils
        for row in task.at_most(gil).values()
        if row.lost_per_million
    }
    tables.shown |= {row.name for row in answered.answered_rows}
    ends: list[tuple[str, Sequence[str]]] = [
        ("Starting", [each.sentence for each in answered.starts]),
        ("Handing over", [each.sentence for each in answered.handovers]),
        ("Many at once", [each.sentence for each in answered.crowds]),
        ("Lost updates", lost),
        ("Beside other libraries and interpreters", beside(result)),
        ("What a lock costs", costs(answered)),
        ("How it scales", scales(answered)),
        ("At the ceiling", ceilings(answered.tasks)),
        ("What to use", recommendation(answered)),
        ("Caveats", [*caveats(result), *without_baseline(answered), *unanswered(answered, tables)]),
    ]
    sections += [(heading, list(said)) for heading, said in ends if said]
    if not any(each.others for each in answered.advice) and nothing(answered):
        sections.insert(0, ("Nothing to compare", [nothing(answered)]))
    has_factors = any(task.baseline for task in answered.tasks if task.kind != OVERHEAD)
    opening = [*alarms(result), headline(result)] + ([FACTORS] if has_factors else [])
    return Summary(opening, sections)


def headline(result: Result) -> str:
    cpu = result.fact("cpu_model") or "an unnamed CPU"
    count = result.document["context"]["num_cpus"]
    rows = some(len(result.rows), "benchmark")
    suite = result.convoy["suite"]
    measured = f"{rows} of the {suite} suite" if suite else f"a selection of {rows}"
    passes = some(result.convoy["passes"], "pass")
    samples = some(sum(len(row.samples) for row in result.rows), "sample")
    return f"On {cpu}, {some(count, 'CPU')}: {measured}, {samples} in {passes}."


def kinds(answered: Answer, tables: Tables) -> list[tuple[str, Body]]:
    """A section a kind of work: a table for those that speak for it, a sentence for the others."""
    told = [
        task
        for task in answered.tasks
        if tables.everything or not (task.kind == OVERHEAD or answered.answers(task))
    ]
    length = sum(len(task.at_most(gil)) for task in told for gil in task.gils)
    full = tables.everything or length <= SHORT or len({task.workload for task in told}) <= FEW
    sections: list[tuple[str, Body]] = []
    for kind in dict.fromkeys(task.kind for task in told):
        members = [task for task in told if task.kind == kind]
        speaker = SPEAKERS.get(kind, "")
        chosen = next((task for task in members if task.workload == speaker), members[0])
        body: Body = [tables.table(task) for task in members if full or task is chosen]
        body += [tables.sentences(task) for task in members if not full and task is not chosen]
        sections.append((title(kind), body))
    return sections


def recommendation(answered: Answer) -> list[str]:
    given = [each for each in answered.advice if each.others or len(each.tasks[0].gils) > 1]
    if given and answered.family.silent:
        return [
            "No recommendation: most samples were disturbed. Measure again on a quiet machine; "
            "`scripts/convoy doctor` says what disturbs it."
        ]
    return [each.sentence for each in given]


def costs(answered: Answer) -> list[str]:
    if answered.costs and answered.family.silent:
        return ["No claims: most samples were disturbed."]
    return [each.sentence for each in answered.costs]


def scales(answered: Answer) -> list[str]:
    if answered.family.silent:
        return []
    return scaling(answered.result, answered.tasks, answered.marks)


def without_baseline(answered: Answer) -> list[str]:
    """Tasks of which no factor can be told."""
    names = [task.name for task in answered.tasks if task.ordinary and task.baseline is None]
    if not names:
        return []
    what = "no row of single with one worker and no lock, so there is no × for"
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return [f"There is {what} {', '.join(names[:MOST])}{more}."]


def unanswered(answered: Answer, tables: Tables) -> list[str]:
    """How many rows have no line above, and of which workloads."""
    rest: Counter[str] = Counter()
    for task in answered.tasks:
        rest[task.workload] += sum(row.name not in tables.shown for row in task.rows)
    named = [(workload, count) for workload, count in rest.most_common() if count]
    if not named:
        return []
    count = sum(count for _, count in named)
    shown = ", ".join(f"{workload} {count}" for workload, count in named[:MOST])
    more = f" and {len(named) - MOST} more workloads" if len(named) > MOST else ""
    verb = "is" if count == 1 else "are"
    return [
        f"{grouped(count)} more {'row' if count == 1 else 'rows'} {verb} not shown here "
        f"({shown}{more}), with other numbers of workers or of the harness itself (null): "
        f"`scripts/convoy summary --all {answered.result.path.name}` shows each."
    ]


def nothing(answered: Answer) -> str:
    if not answered.result.rows:
        return "No benchmark has a row."
    if not any(task.ordinary for task in answered.tasks):
        return ""
    return "Each workload ran under one model only: give several with --model."


# -------------------------------------------------------------------------------------------------
# What an answer claims, as data.

Json = dict[str, Any]


def document(answered: Answer) -> Json:
    found = disturbance(answered.result)
    return {
        "disturbed_share": found.share,
        "use": [use(each) for each in answered.advice if each.others],
        "lock_costs": [cost(each, of) for each in answered.costs for of in each.costs],
    }


def use(advice: Advice) -> Json:
    """`ratio` is that of the fastest to one worker of single without a lock."""
    gain = advice.gain
    return {
        "kind": advice.kind,
        "lock": advice.gil,
        "workloads": [task.name for task in advice.tasks],
        "winner": [] if advice.disturbed else advice.winners,
        "resolved": advice.resolved,
        "disturbed": advice.disturbed,
        "ratio": None if gain is None else gain.value,
        "interval": None if gain is None else bounds(gain.interval),
        "sentence": advice.sentence,
    }


def cost(costs: Costs, of: Cost) -> Json:
    """`ratio` is the speed under the lock over that without; `change` what is claimed of it."""
    return {
        "kind": costs.kind,
        "lock": costs.gil,
        "workloads": [of.task.name],
        "series": costs.series,
        "change": of.change,
        "resolved": of.resolved,
        "disturbed": of.comparison.disturbed,
        "ratio": of.comparison.value,
        "interval": bounds(of.comparison.interval),
        "sentence": costs.sentence,
    }


def bounds(interval: Optional[Interval]) -> Optional[list[float]]:
    return None if interval is None else list(interval)
