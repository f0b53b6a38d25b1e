"""What a profile runs: its options, a second run's stacks by `perf`, and their flame graph."""

from __future__ import annotations

import argparse
import html
import re
import shutil
import subprocess
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Optional

from ..core import bench, guard, processes
from ..core.errors import UsageError
from ..core.terminal import plain
from ..core.units import percent, some
from ..results import names
from ..results.sweeps import duration_ns

# -------------------------------------------------------------------------------------------------
# The options of `scripts/convoy profile`, and what of them the program gets.

# Passed on as they are: what chooses the benchmark, and how it is recorded.
AXES = (
    "suite", "model", "gil", "workers", "carriers", "interpreters", "engine", "stack", "peer",
    "place", "policy", "within", "kind", "smt", "width", "overload",
)  # fmt: skip
# Options that are called otherwise than in names.
OPTIONS = {"stack": "fiber-stack"}
RECORDING = ("rounds", "events", "min-round", "round-limit")
USUAL_PLACE = "core.close"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("name", metavar="NAME", nargs="?", help="a benchmark's name, or a regular expression")
    usual = Path("results/profile")
    add("-o", "--output", metavar="DIR", type=Path, default=usual, help=f"default: {usual}")
    add("--window", metavar="TIME", default="50ms", help="how much of the lanes to draw (50ms)")
    add("--at", metavar="TIME", default="0ms", help="from which time after the start of the round "
                                                    "(0ms)")
    add("--sample", metavar="TIME", default="2s", help="how long perf samples stacks; 0s: never "
                                                       "(2s)")
    add("--from", metavar="DIR", dest="source", type=Path, help="report and draw that folder again")
    add("--build", metavar="PRESET", choices=bench.PRESETS, help=", ".join(bench.PRESETS))
    add("-q", "--quiet", action="store_true", help="no remarks on stderr")
    chosen = parser.add_argument_group("the benchmark, as for `scripts/convoy run`")
    for axis in AXES:
        chosen.add_argument(f"--{OPTIONS.get(axis, axis)}", dest=axis, metavar="A")
    chosen.add_argument("--param", metavar="W.P=V", action="append", default=[])
    chosen.add_argument("--target", metavar="W=ADDRESS", action="append", default=[])
    recorded = parser.add_argument_group("the recording")
    for option in RECORDING:
        recorded.add_argument(f"--{option}", metavar="N")


def selection(arguments: argparse.Namespace) -> list[str]:
    """What chooses one benchmark, in the program's words."""
    chosen = {axis: getattr(arguments, axis) for axis in AXES}
    parameters = list(arguments.param)
    pattern = arguments.name
    try:
        name = names.parse(arguments.name)
    except UsageError:
        pass  # a regular expression
    else:
        pattern = f"^{name.workload}(/|$)"
        for key, value in name.settings:
            if key == "place":
                place, _, policy = value.partition(".")
                if value != USUAL_PLACE:
                    chosen["policy"] = chosen["policy"] or policy or place
                    chosen["place"] = chosen["place"] or (place if policy else None)
            elif (key, value) == ("peer", "external"):
                pass  # which server that is, --target says
            elif key in AXES:
                chosen[key] = chosen[key] or value
            else:
                parameters.append(f"{name.workload}.{key}={value}")
    words = ["--filter", pattern]
    for axis, value in chosen.items():
        words += [f"--{OPTIONS.get(axis, axis)}", value] if value is not None else []
    for parameter in parameters:
        words += ["--param", parameter]
    for target in arguments.target:
        words += ["--target", target]
    return words


def recording(arguments: argparse.Namespace) -> list[str]:
    words: list[str] = []
    for option in RECORDING:
        value = getattr(arguments, option.replace("-", "_"))
        words += [f"--{option}", value] if value is not None else []
    return [*words, *(["--quiet"] if arguments.quiet else [])]


def time_us(text: str, option: str, least_us: float = 0.0) -> float:
    value = duration_ns(text)
    if value is None or value / 1e3 < least_us:
        what = "a time above zero" if least_us else "a time"
        raise UsageError(f"{option} {text}: write {what} with its unit, such as 50ms or 200us.")
    return value / 1e3


# -------------------------------------------------------------------------------------------------
# Folds what `perf script` prints into stacks with counts, one a line: root;...;leaf 42.

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
            comm, frames = frame_words(sample["comm"]), []
    if comm is not None:
        counts[stack_of(comm, frames)] += 1
    return counts


def frame_of(symbol: str, binary: str) -> str:
    """The function; of one without a name, the file it is in."""
    if symbol == UNKNOWN:
        return UNKNOWN if binary == UNKNOWN else f"[{PurePosixPath(binary).name.strip('[]')}]"
    kernel = binary.startswith("[") and binary not in _NOT_KERNEL
    return frame_words(symbol) + (KERNEL if kernel else "")


def frame_words(name: str) -> str:
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
            raise ValueError(f"line {number} is not a stack with a count")
        counts[tuple(stack.split(";"))] += int(count)
    return counts


def lines_of(text: str) -> Iterator[str]:
    return (line for line in text.split("\n") if line)


# -------------------------------------------------------------------------------------------------
# Samples the stacks of a second run by `perf record`; says what is missing where it cannot.

RECORD = ("record", "-q", "-e", "cpu-clock", "-F", "999", "--call-graph", "fp")
SCRIPT = ("script", "--no-inline", "-F", FIELDS)
INSTALL = "`scripts/bootstrap profile` installs it (Debian's package linux-perf)"
ALLOW = "allow it with `sudo sysctl kernel.perf_event_paranoid=1`, or call this as root"
_DENIED = re.compile(r"permission|not permitted|paranoid|access to performance", re.IGNORECASE)


class NoStacks(Exception):
    """There are no stacks; the message says why, and what to install or to allow."""


def sample(command: Sequence[str]) -> Counter[Stack]:
    """The stacks of `command` while it runs. Raises NoStacks where perf cannot."""
    perf = shutil.which("perf")
    if perf is None:
        raise NoStacks(f"perf is not installed; {INSTALL}")
    temporary = tempfile.TemporaryDirectory(prefix="convoy-perf-")
    with temporary as folder, guard.guarded(Path(folder)):
        data = str(Path(folder) / "perf.data")
        _record([perf, *RECORD, "-o", data, "--", *command], Path(folder) / "told")
        found = _script([perf, *SCRIPT, "-i", data])
    if not found:
        raise NoStacks("perf took no sample, perhaps because the run was too short: --sample 5s")
    return found


def _record(command: list[str], told: Path) -> None:
    try:
        with told.open("wb") as stream:
            status = processes.forward(command, INSTALL, stdout=subprocess.DEVNULL, stderr=stream)
    except UsageError as error:
        raise NoStacks(str(error)) from error
    if status != 0:
        text = told.read_text("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        why = lines[0].rstrip(".:") if lines else f"exit code {status}"
        advice = ALLOW if _DENIED.search(text) else (
            f"`{command[0]} test` shows perf's own diagnosis"
        )
        raise NoStacks(f"perf cannot sample here ({why}); {advice}")


def _script(command: list[str]) -> Counter[Stack]:
    try:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8", errors="replace",
        ) as reader:  # fmt: skip
            assert reader.stdout is not None
            found = fold(reader.stdout)
    except OSError as error:
        raise NoStacks(f"perf cannot be run: {error.strerror}; {INSTALL}") from error
    if reader.returncode != 0:
        raise NoStacks(f"perf cannot read what it recorded (exit code {reader.returncode})")
    return found


# -------------------------------------------------------------------------------------------------
# Draws folded stacks as a flame graph: one SVG file that needs nothing else.

NAME = "flame"
TITLE = "Where does the CPU time go?"
WIDTH, MARGIN, LINE = 1200, 10, 17
HEAD, FOOT = 74, 12
LETTER = 6.7  # the width of a letter of the font in frames
LEAST = 0.4  # narrower frames are not drawn
# Hue and saturation by kind; the lightness varies by name, and leaves black text legible.
KINDS = {"kernel": (24, 88), "convoy": (200, 62), "other": (48, 86), "thread": (0, 0)}
STYLE = (
    "text{font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:11px;fill:#111}"
    "text.title{font:bold 17px 'DejaVu Sans',Arial,sans-serif}"
    "text.below{font:12px 'DejaVu Sans',Arial,sans-serif;fill:#555}"
    "rect{stroke:#fff;stroke-width:.6}g:hover>rect{stroke:#000;stroke-width:1}"
)


@dataclass
class Node:
    """A function in one surrounding of callers, with the samples in it and below it."""

    count: int = 0
    below: dict[str, Node] = field(default_factory=dict)


class Box(NamedTuple):
    name: str
    depth: int
    left: float
    samples: int


def tree_of(counts: Counter[Stack]) -> Node:
    root = Node()
    for stack, count in counts.items():
        node = root
        node.count += count
        for frame in stack:
            node = node.below.setdefault(frame, Node())
            node.count += count
    return root


def boxes(root: Node) -> Iterator[Box]:
    """Every frame, children of one side by side in the order of their names."""
    todo: list[tuple[str, Node, int, float]] = [("all", root, 0, 0.0)]
    while todo:
        name, node, depth, left = todo.pop()
        yield Box(name, depth, left, node.count)
        for child, below in sorted(node.below.items()):
            todo.append((child, below, depth + 1, left))
            left += below.count


def render(counts: Counter[Stack], subject: str, left_out: int = 0) -> str:
    """The SVG; `left_out` samples belong to other threads."""
    root = tree_of(counts)
    scale = (WIDTH - 2 * MARGIN) / max(1, root.count)
    drawn = sorted(box for box in boxes(root) if box.samples * scale >= LEAST)
    depth = max((box.depth for box in drawn), default=0)
    height = HEAD + (depth + 1) * LINE + FOOT
    more = f"; {some(left_out, 'more sample')} of the program and its peer left out"
    below = f"{some(root.count, 'sample')} of CPU time{more if left_out else ''}."
    described = f"A flame graph of {subject}. {below} {busiest(root)}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{NAME}-title {NAME}-desc" '
        'style="max-width:100%;height:auto;background:#fff">',
        f'<title id="{NAME}-title">{xml(TITLE)}</title>',
        f'<desc id="{NAME}-desc">{xml(described)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text class="title" x="{MARGIN}" y="24">{xml(TITLE)}</text>',
        f'<text class="below" x="{MARGIN}" y="43">{xml(clip(subject, 130))}</text>',
        f'<text class="below" x="{MARGIN}" y="58">{xml(below)} Blue: Convoy; orange: the kernel; '
        "yellow: libraries. Callees above callers.</text>",
    ]
    lines += [frame(box, scale, root.count, height) for box in drawn]
    return "\n".join([*lines, "</svg>", ""])


def frame(box: Box, scale: float, total: int, height: int) -> str:
    left, width = MARGIN + box.left * scale, box.samples * scale
    top = height - FOOT - (box.depth + 1) * LINE
    told = f"{box.name} ({some(box.samples, 'sample')}, {percent(box.samples / max(1, total))})"
    label = clip(short(box.name), int((width - 5) / LETTER))
    text = f'<text x="{left + 3:.1f}" y="{top + 12}">{xml(label)}</text>' if label else ""
    return (
        f"<g><title>{xml(told)}</title>"
        f'<rect x="{left:.2f}" y="{top}" width="{width:.2f}" height="{LINE - 1}" rx="1.5" '
        f'fill="{colour(box)}"/>{text}</g>'
    )


def colour(box: Box) -> str:
    """The same for the same name in every graph."""
    kind = "other"
    if box.depth <= 1:
        kind = "thread"
    elif box.name.endswith(KERNEL):
        kind = "kernel"
    elif box.name.startswith("convoy::"):
        kind = "convoy"
    hue, saturation = KINDS[kind]
    lightness = 70 + zlib.crc32(box.name.encode("utf-8", "backslashreplace")) % 16
    return f"hsl({hue},{saturation}%,{lightness}%)"


def busiest(root: Node) -> str:
    """The functions that most samples were in themselves, for those who do not see it."""
    own: Counter[str] = Counter()
    todo = [("all", root)]
    while todo:
        name, node = todo.pop()
        own[name] += node.count - sum(below.count for below in node.below.values())
        todo += node.below.items()
    most = sorted(own.items(), key=lambda item: (-item[1], item[0]))[:5]
    told = [f"{name} {percent(count / max(1, root.count))}" for name, count in most if count]
    return f"Most samples were in {', '.join(told)}." if told else ""


def short(name: str) -> str:
    """Without what stands between < and >, which makes names of templates endless."""
    kept, depth, at = [], 0, 0
    while at < len(name):
        operator = depth == 0 and name.startswith(("operator<", "operator>", "operator-"), at)
        if operator:
            end = at + 8
            while end < len(name) and name[end] in "<>=-":
                end += 1
            kept.append(name[at:end])
            at = end
            continue
        letter = name[at]
        depth += letter == "<"
        if depth == 0:
            kept.append(letter)
        depth = max(0, depth - (letter == ">"))
        at += 1
    return "".join(kept).replace("(anonymous namespace)::", "")


def clip(text: str, letters: int) -> str:
    """At most so many letters; nothing where there is room for three or fewer."""
    if letters < 4:
        return ""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def xml(text: str) -> str:
    """Escaped, in letters that XML allows and that show."""
    return html.escape(plain(text), quote=False).replace('"', "&quot;")
