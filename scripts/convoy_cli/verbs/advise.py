"""Says which model suits a kind of work, from a map of this machine that it measures once."""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Optional

from ..charts import drawing
from ..core import bench, files
from ..core.errors import ExitCode, MissingData, UsageError
from ..core.guard import guarded
from ..core.terminal import aside, data, note, page, progress
from ..core.units import SECOND, time_ns
from ..crossover import (
    advice, case_chart, chart, exploring, kept, regions, report, runtimes, servers, session, work,
)  # fmt: skip
from ..crossover.advice import Asked
from ..crossover.kept import Kept
from ..crossover.mapping import Map
from ..crossover.session import Bench
from ..results.names import FREE

NAME = "advise"
SUMMARY = "say which model suits your work, from a map of this machine"
EXAMPLES = """
  scripts/convoy advise --cpu 50us --wait 5ms --concurrency 200 --gil cpython32
  scripts/convoy advise --cpu 1ms --wait 0 --concurrency 8 --measure    run that very case as well
  scripts/convoy advise --cpu 50us --wait 5ms --concurrency 200 --gil cpython32 \\
    --interpreter python3                                               and in a real Python
  scripts/convoy advise                                                 draw the whole map
  scripts/convoy advise --try 30                                        how good is the map?
"""
PASSES = 6  # fewer give no interval
TRIED_PASSES = 3
BUDGET = "3min"
LEAST_BUDGET_NS = 10 * SECOND
WITHIN = 0.1  # of the best: where nobody would regret the advice
MOST_TRIALS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--cpu", metavar="TIME", help="how long one operation computes, such as 50us")
    add("--wait", metavar="TIME", help="how long it then waits, such as 5ms; 0: not at all")
    add("--concurrency", metavar="N", help="how many operations are under way at once")
    add("--gil", metavar="LOCK", default=FREE, help="interpreter lock (default: none)")
    add("--measure", action="store_true", help="run this very case in every shape as well")
    asked = "a Python that runs the case as well: a path or a command; give it several times"
    add("--interpreter", metavar="PYTHON", action="append", default=[], help=asked)
    add("--runtime", metavar="A,B",
        help="other libraries that run the case as well: asio,go, or all (make runtimes)")
    add("--try", dest="trials", metavar="N", type=int,
        help="measure N random cases, and say how good the advice would have been")  # fmt: skip
    add("--budget", metavar="TIME",
        help=f"time to make the map in, or to go on with it (default: {BUDGET}, once)")  # fmt: skip
    add("--again", action="store_true", help="forget the map, and make another")
    add("--map", metavar="FILE", type=Path,
        help="the file of the map (default: one for this machine in ~/.cache/convoy)")  # fmt: skip
    add("--passes", metavar="N", type=int,
        help=f"samples of each shape ({PASSES} with --measure, {TRIED_PASSES} with --try)")
    add("--seed", metavar="N", type=int, help="seed of random orders and cases")
    add("--json", metavar="FILE", help="write the answer as JSON; - for stdout")
    add("--markdown", metavar="FILE", help="write the answer as Markdown; - for stdout")
    add("-o", "--output", metavar="DIR", type=Path, default=Path("results/advice"),
        help="the folder of charts (default: results/advice)")  # fmt: skip
    presets = ", ".join(bench.PRESETS)
    add("--build", metavar="PRESET", choices=bench.PRESETS, help=presets)
    add("-q", "--quiet", action="store_true", help="no progress on stderr")


class Chosen(NamedTuple):
    asked: Optional[Asked]
    pythons: list[Path]
    budget_s: Optional[float]  # None: only where there is no map yet
    map_file: Path
    seed: int


def run(arguments: argparse.Namespace) -> int:
    chosen = choose(arguments)
    if importlib.util.find_spec("matplotlib") is None:
        raise ModuleNotFoundError("charts need it", name="matplotlib")
    check_outputs(arguments, chosen)
    with tempfile.TemporaryDirectory(prefix="convoy-advise-") as folder, guarded(Path(folder)):
        have = stored(arguments, chosen)
        program = bench.program(arguments.build)
        asked = session.ask(program, have.cpus, Path(folder), arguments.quiet, chosen.seed)
        if chosen.asked is None:
            return whole_map(arguments, chosen, asked, have)
        return one_case(arguments, chosen, asked, have, chosen.asked)


def choose(arguments: argparse.Namespace) -> Chosen:
    """UsageError for what is no case, or none that anybody can run."""
    given = {
        f"--{name}": getattr(arguments, name) for name in ("cpu", "wait", "concurrency")
    }
    missing = [option for option, value in given.items() if value is None]
    if missing and len(missing) < len(given):
        raise UsageError(
            f"{' and '.join(missing)} missing: a case is --cpu TIME --wait TIME --concurrency N, "
            "such as --cpu 50us --wait 5ms --concurrency 200."
        )
    if missing and (arguments.measure or arguments.interpreter or arguments.runtime):
        raise UsageError(
            "--measure, --interpreter and --runtime run one case: give it by --cpu, --wait and "
            "--concurrency."
        )
    if arguments.trials is not None and (not missing or not 1 <= arguments.trials <= MOST_TRIALS):
        raise UsageError(
            f"--try {arguments.trials}: write a number from 1 to {MOST_TRIALS}, and no case."
        )
    if arguments.passes is not None and not 1 <= arguments.passes <= 1000:
        raise UsageError(f"--passes {arguments.passes}: write a number from 1 to 1000.")
    budget_s = None
    if arguments.budget is not None:
        budget_ns = time_ns(arguments.budget, "--budget")
        if budget_ns < LEAST_BUDGET_NS:
            raise UsageError(f"--budget {arguments.budget}: write 10s or more, such as {BUDGET}.")
        budget_s = budget_ns / SECOND
    asked = None if missing else Asked(case(arguments), arguments.gil)
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    where = arguments.map or kept.default_path()
    pythons = [servers.find(text) for text in arguments.interpreter]
    return Chosen(asked, pythons, budget_s, where, seed)


def case(arguments: argparse.Namespace) -> work.Work:
    def time_of(text: str, option: str) -> int:
        return 0 if text.strip() == "0" else time_ns(text, option)

    if not arguments.concurrency.isascii() or not arguments.concurrency.isdecimal():
        raise UsageError(
            f"--concurrency {arguments.concurrency!r}: write a whole number, such as 200."
        )
    many = int(arguments.concurrency[:12])
    found = work.Work(
        time_of(arguments.cpu, "--cpu"), time_of(arguments.wait, "--wait"), many
    )
    work.check(found)
    return found


def check_outputs(arguments: argparse.Namespace, chosen: Chosen) -> None:
    """Before minutes of measuring, not after."""
    for option in ("json", "markdown"):
        path = getattr(arguments, option)
        if path not in (None, "-"):
            files.check(Path(path), f"--{option} FILE")
    if arguments.json == "-" and arguments.markdown == "-":
        raise UsageError("--json - and --markdown - both want stdout. Give one of them a file.")
    files.check_folder(arguments.output, "-o DIR")
    chosen.map_file.parent.mkdir(parents=True, exist_ok=True)
    files.check(chosen.map_file, "--map FILE")


# -------------------------------------------------------------------------------------------------
# The map: read, made, gone on with.


def stored(arguments: argparse.Namespace, chosen: Chosen) -> Kept:
    """The map that is there; an empty one of this machine where there is none."""
    if arguments.again or not chosen.map_file.exists():
        return kept.fresh()
    have = kept.load(chosen.map_file)
    if not have.is_of_here:
        note(f"{chosen.map_file} was measured on {have.where}: the answer is for that machine.")
        if arguments.measure or arguments.trials is not None:
            refuse(chosen, have)
    return have


def refuse(chosen: Chosen, have: Kept) -> NoReturn:
    raise UsageError(
        f"{chosen.map_file} was measured on {have.where}: what is measured here does not belong "
        "to it. Leave out --map for this machine's own."
    )


def complete(chosen: Chosen, asked: Bench, have: Kept, locks: list[str], quiet: bool) -> None:
    """Measures the map where there is too little of it, or where there is a budget for more."""
    missing = session.lacking(asked, have, locks)
    if not missing and chosen.budget_s is None:
        return
    if not have.is_of_here:
        refuse(chosen, have)
    budget_s = chosen.budget_s or time_ns(BUDGET, "--budget") / SECOND
    wanted = locks if chosen.budget_s is not None else missing
    if not quiet:
        note(
            f"measuring the crossover map of {', '.join(wanted)} for about {budget_s / 60:.0f} "
            f"min; it is kept in {chosen.map_file}. Run nothing else meanwhile."
        )
    session.explore(
        replace(asked, quiet=True), have, wanted, budget_s,
        lambda found: kept.write(chosen.map_file, found, "--map FILE"), progress(quiet),
    )  # fmt: skip
    progress(quiet)("")


# -------------------------------------------------------------------------------------------------
# One case.


def one_case(
    arguments: argparse.Namespace, chosen: Chosen, bench_: Bench, have: Kept, asked: Asked
) -> int:
    locks = session.locks_of(asked.gil)
    bench_.lock(asked.gil)
    complete(chosen, bench_, have, locks, arguments.quiet)
    maps = {gil: bench_.map(gil, have) for gil in locks}
    measured = None
    if arguments.measure:
        passes = arguments.passes or PASSES
        measured = bench_.measure([asked.work], bench_.shapes(asked.gil), passes)
    free = maps[FREE] if asked.gil != FREE else None
    told = advice.advise(asked, maps[asked.gil], free, have, measured)
    predicted = {each["series"]: each["rate"] for each in told["shapes"]}
    told["python"] = servers.all_of(
        chosen.pythons, asked.work, asked.gil, bench_.cpus, predicted
    )
    told["runtimes"] = []
    if arguments.runtime:
        asked_of = arguments.runtime.split(",")
        told["runtimes"] = runtimes.ask(bench_, asked.work, asked_of, arguments.passes or PASSES)
    if measured is not None and asked.work.measurable:
        have.add(measured.found, measured.spent_s)
        kept.write(chosen.map_file, have, "--map FILE")
    return tell_case(arguments, told, maps[asked.gil], asked)


def tell_case(arguments: argparse.Namespace, told: dict[str, Any], map_: Map, asked: Asked) -> int:
    say = aside if "-" in (arguments.json, arguments.markdown) else data
    others = [*report.python(told["python"]), *report.runtimes(told["runtimes"])]
    for line in [*report.lines(told), "", *others]:
        say(line)
    output(arguments.json, "--json FILE", [json.dumps(told, indent=1, allow_nan=False)], say)
    output(arguments.markdown, "--markdown FILE", report.markdown(told), say)
    drawn(case_chart, case_chart.Case(map_, asked.work), arguments, say)
    return ExitCode.OK


def output(
    path: Optional[str], option: str, lines: Iterable[str], say: Callable[..., None]
) -> None:
    if path is None:
        return
    text = "\n".join(lines)
    if path == "-":
        page(text)
        return
    files.write(Path(path), f"{text}\n".encode(), option)
    say(path)


def drawn(figure: Any, what: Any, arguments: argparse.Namespace, say: Callable[..., None]) -> None:
    try:
        made = drawing.render(figure, what)
    except MissingData as missing:
        note(f"no chart: {missing}")
        return
    for path in drawing.save(arguments.output, figure.NAME, made, "-o DIR"):
        say(str(path), figure.TITLE)


# -------------------------------------------------------------------------------------------------
# The whole map, and how good it is.


def whole_map(
    arguments: argparse.Namespace, chosen: Chosen, bench_: Bench, have: Kept
) -> int:
    locks = session.locks_of(arguments.gil)
    bench_.lock(arguments.gil)
    complete(chosen, bench_, have, locks, arguments.quiet)
    if arguments.trials is not None:
        return tried(arguments, chosen, bench_, have, locks)
    map_ = bench_.map(arguments.gil, have)
    say = aside if "-" in (arguments.json, arguments.markdown) else data
    lines = list(report.of_map([(gil, regions.told(bench_.map(gil, have))) for gil in locks]))
    for line in lines:
        say(line)
    output(arguments.json, "--json FILE", [json.dumps(kept.document(have), indent=1)], say)
    output(arguments.markdown, "--markdown FILE", [f"- {line.strip()}" for line in lines], say)
    drawn(chart, map_, arguments, say)
    return ExitCode.OK


def tried(
    arguments: argparse.Namespace, chosen: Chosen, bench_: Bench, have: Kept, locks: list[str]
) -> int:
    """Cases that the map has not seen: advised first, measured then."""
    works = exploring.cases(arguments.trials, chosen.seed)
    maps = {gil: bench_.map(gil, have) for gil in locks}
    show = progress(arguments.quiet)
    quiet = replace(bench_, quiet=True)
    told = []
    for number, each in enumerate(works):
        gil = locks[number % len(locks)]
        show(f"case {number + 1} of {len(works)}: {each.words}")
        found = quiet.measure([each], bench_.shapes(gil), arguments.passes or TRIED_PASSES)
        judged = advice.trial(each, maps[gil], found)
        have.add(found.found, found.spent_s)
        kept.write(chosen.map_file, have, "--map FILE")
        if judged is not None:
            told.append(advice.trial_of(judged))
    show("")
    if not told:
        raise UsageError("no case could be measured: see what is written above. Type `make build`.")
    say = aside if "-" in (arguments.json, arguments.markdown) else data
    lines = list(report.trials(told, WITHIN))
    for line in lines:
        say(line)
    output(arguments.json, "--json FILE", [json.dumps(told, indent=1)], say)
    output(arguments.markdown, "--markdown FILE", lines, say)
    return ExitCode.OK
