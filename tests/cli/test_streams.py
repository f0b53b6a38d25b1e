"""Every verb of both programs, with each stream closed, full, or without a reader.

stdout is what a verb is for: what it does not take is an error (2), or SIGPIPE where its reader has
left. stderr decides nothing. No verb leaves a half-written file, whichever it is.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

import compare_made
import crossover_truth
import history_made
import profiled
import pytest
import swept
import synthetic
from convoy_cli import cli
from runs import BENCH, CONVOY, PATIENCE, ROOT, TROUBLED, load

FAKE_GBENCH = ROOT / "tests" / "fixtures" / "fake-gbench"
ROWS = ("--filter", "^(cpu_pi|io_tcp_echo)/", "--model", "threads", "--gil", "none", "--workers",
        "2", "--passes", "1", "--min-round", "1ms", "--no-overhead", "-q")  # fmt: skip
ONE = ("--filter", "^cpu_pi/", "--model", "single", "--gil", "none", "--rounds", "1",
       "--min-round", "1ms")  # fmt: skip
# What makes a verb write on stdout; one without an entry is called without a word.
OF_BENCH = {"run": (*ROWS, "--json", "-"), "profile": (*ONE, "-o", "made"), "list": ("--names",)}
OF_CONVOY = {
    "advise": ("--map", "map.json", "-o", "made"),
    "check": ("x.json",),
    "claims": ("x.json", "--no-measure", "-o", "made"),
    "compare": ("a.json", "b.json", "--json", "made.json"),
    "completion": ("bash",),
    "doctor": ("--help",),  # the other matrix has it, and it takes long
    "fidelity": ("--self", "--list-scenarios"),
    "gate": ("--base", "base", "--contender", "contender", "--seed", "7", "--max-rounds", "6",
             "--json", "made.json", "-q"),
    "history": ("show", "--file", "h.jsonl"),
    "list": ("--names", "--suite", "smoke"),
    "plot": ("x.json", "--figure", "scaling", "--format", "svg"),
    "profile": ("--from", "profile"),
    "report": ("x.json", "-o", "made.html"),
    "run": (*ROWS, "--json", "-"),
    "summary": ("x.json",),
    "sweep": ("--from", "s.json", "-o", "made"),
}  # fmt: skip
LOST = {"stdout closed": ">&-", "stdout full": ">/dev/full"}
KEPT = {"stdin closed": "<&-", "stderr closed": "2>&-", "stderr full": "2>/dev/full"}
KEPT_AT_ONCE = {"stdin closed, stderr full": "<&- 2>/dev/full"}  # of verbs that take long
ALL_CLOSED = "<&- >&- 2>&-"


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str
    files: dict[str, str]


@functools.cache
def verbs_of_bench() -> list[str]:
    """From the program's own list, so that a new one is tested as well."""
    if not BENCH.exists():
        return []
    told = subprocess.run([BENCH, "--help"], capture_output=True, encoding="utf-8", check=True)
    listed = re.split(r"(?m)^(?:Subcommands|SUBCOMMANDS):$", told.stdout)[1]
    found = re.findall(r"(?m)^  ([a-z]+)\b", listed)
    assert {"run", "list"} <= set(found)
    return found


def made_for(folder: Path) -> None:
    """What verbs read."""
    synthetic.write(folder / "x.json", synthetic.document(synthetic.Truth(workers=(1, 2))))
    synthetic.write(folder / "s.json", swept.document())
    for name in ("a.json", "b.json"):
        compare_made.program(folder / name, {"BM_a": 1.0}, 1)
    history_made.write(folder / "h.jsonl", [history_made.line(number) for number in range(3)])
    profiled.write(folder / "profile")
    crossover_truth.write_map(folder / "map.json")
    for name in ("base", "contender"):
        shutil.copy(FAKE_GBENCH, folder / name)
        told = {"modern": True, "benchmarks": {"BM_a": {"ns": 100.0}}}
        (folder / f"{name}.json").write_text(json.dumps(told))


def call(
    program: Path, words: Iterable[str], folder: Path, how: str = "", broken: int = 0,
    limit: str = "",
) -> Done:  # fmt: skip
    """One call in a folder of its own; `broken`: the number of a stream nobody reads."""
    folder.mkdir()
    made_for(folder)
    before = set(folder.rglob("*"))
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    reader, writer = os.pipe()
    os.close(reader)
    if broken:
        streams["stdout" if broken == 1 else "stderr"] = writer
    dropped = ("CONVOY_", "BENCHMARK_", "GITHUB_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", f'{limit} exec "$0" "$@" {how}', program, *words], cwd=folder,
            check=False, env=kept | {"CONVOY_BENCH": str(TROUBLED), "TERM": "dumb"},
            encoding="utf-8", stdin=subprocess.DEVNULL, timeout=PATIENCE, **streams,
        )  # fmt: skip
    finally:
        os.close(writer)
    made = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and path not in before}  # fmt: skip
    for name, content in made.items():
        assert not Path(name).name.startswith("."), f"a draft is left: {made.keys()}"
        if name.endswith(".json"):
            load(content.decode())
    said = (done.stdout or "", done.stderr or "")
    for text in ("Traceback", "terminate called", "Exception ignored", "internal check"):
        assert text not in said[1], said[1]
    return Done(done.returncode, *said, {name: "" for name in made})


def forget_rescued(done: Done) -> None:
    """A result that stdout did not take is kept elsewhere."""
    found = re.search(r"kept in (\S+\.json) instead", done.stderr)
    if found:
        path = Path(found[1])
        assert load(path.read_text("utf-8"))["convoy"]["rows"]
        assert path.stat().st_mode & 0o777 == 0o600
        path.unlink()
        path.with_suffix(".track.json").unlink()


def check(
    program: Path, words: Sequence[str], folder: Path,
    kept: Optional[dict[str, str]] = None, brief: bool = False,
) -> None:  # fmt: skip
    """`brief`: as far as stdout goes."""
    usual = call(program, words, folder / "usual")
    # The machine may become fit or unfit from one call to the next.
    codes = {0, 4} if words[0] == "doctor" and usual.code in (0, 4) else {usual.code}
    for what, how in LOST.items():
        done = call(program, words, folder / what, how)
        if usual.stdout:
            assert done.code == 2, (what, done)
            assert "cannot write to stdout: " in done.stderr, (what, done)
            assert done.stderr.count("cannot write to stdout") == 1, (what, done)
            assert ("it is closed" if how == ">&-" else "No space left") in done.stderr, done
            if words[-1] == "-":
                assert "the result is kept in" in done.stderr, done
        else:
            assert done.code in codes, (what, done, usual)
        assert done.files.keys() == usual.files.keys(), what
        forget_rescued(done)
    done = call(program, words, folder / "broken stdout", broken=1)
    assert done.code == (-signal.SIGPIPE if usual.stdout else usual.code), done
    assert "stdout" not in done.stderr and "ipe" not in done.stderr, done
    assert done.files.keys() == usual.files.keys()
    if brief:
        return
    for what, how in (kept or KEPT).items():
        done = call(program, words, folder / what, how)
        assert done.code in codes, (what, done, usual)
        assert bool(done.stdout) == bool(usual.stdout), (what, done)
        assert done.files.keys() == usual.files.keys(), what
        if "-q" in words and "run" in words:
            assert "failed" not in done.stderr, done
    done = call(program, words, folder / "broken stderr", broken=2)
    assert (done.code in codes, bool(done.stdout)) == (True, bool(usual.stdout)), done
    # Without stderr nobody could say, and remove, where the result is kept.
    done = call(program, words, folder / "closed", "<&- >&-" if words[-1] == "-" else ALL_CLOSED)
    assert done.code == 2 if usual.stdout else done.code in codes, done
    forget_rescued(done)


@pytest.mark.parametrize("verb", verbs_of_bench())
def test_a_verb_of_the_program(verb: str, tmp_path: Path) -> None:
    kept = KEPT_AT_ONCE if verb == "doctor" else KEPT
    check(TROUBLED, (verb, *OF_BENCH.get(verb, ())), tmp_path, kept)


@pytest.mark.parametrize("verb", cli.names())
def test_a_verb_of_the_front_door(verb: str, tmp_path: Path) -> None:
    check(CONVOY, (verb, *OF_CONVOY.get(verb, ())), tmp_path, KEPT_AT_ONCE)


@pytest.mark.parametrize("verb", [*verbs_of_bench(), ""])
def test_a_help_and_a_mistake_of_the_program(verb: str, tmp_path: Path) -> None:
    words = [verb] if verb else []
    for name, word in (("help", "--help"), ("mistake", "--no-such-option")):
        (tmp_path / name).mkdir()
        check(TROUBLED, [*words, word], tmp_path / name, brief=word == "--help")


@pytest.mark.parametrize("verb", [*cli.names(), ""])
def test_a_help_of_the_front_door(verb: str, tmp_path: Path) -> None:
    check(CONVOY, [verb, "--help"] if verb else ["--help"], tmp_path, brief=True)


def test_a_mistake_at_the_front_door(tmp_path: Path) -> None:
    check(CONVOY, ["no-such-verb"], tmp_path)


def test_a_plain_program(tmp_path: Path) -> None:
    words = ("--benchmark_filter=^cpu_pi/", "--model", "single", "--gil", "none")
    (tmp_path / "list").mkdir()
    check(TROUBLED, (*words, "--benchmark_out=made.json"), tmp_path, brief=True)
    check(TROUBLED, ("--benchmark_list_tests",), tmp_path / "list", brief=True)


def test_a_full_file_of_a_plain_program_is_told(tmp_path: Path) -> None:
    words = ("--benchmark_filter=^cpu_pi/", "--model", "single", "--gil", "none")
    done = call(TROUBLED, (*words, "--benchmark_out=/dev/full"), tmp_path / "full")
    assert done.code == 2
    assert "cannot write all of /dev/full" in done.stderr


@pytest.mark.parametrize("how", ["<&-", ALL_CLOSED])
def test_rows_with_a_peer_do_not_need_open_streams(how: str, tmp_path: Path) -> None:
    """The peer's sockets had the numbers 0 and 1, and it opened /dev/null over them."""
    words = ("run", *ROWS[:-1], "--json", "made.json")
    done = call(TROUBLED, words, tmp_path / "here", how)
    assert done.code == 0, done
    convoy = load((tmp_path / "here" / "made.json").read_text("utf-8"))["convoy"]
    assert convoy["failed"] == []
    assert {row["workload"] for row in convoy["rows"]} == {"cpu_pi", "io_tcp_echo"}


@pytest.mark.parametrize("program, stack", [(TROUBLED, 64), (TROUBLED, 192), (CONVOY, 192)])
@pytest.mark.parametrize("words", [("run", *ROWS, "--json", "-"), ("list",)], ids=["run", "list"])
def test_a_tiny_stack_is_told_and_what_to_type(
    program: Path, stack: int, words: Sequence[str], tmp_path: Path
) -> None:
    """Python itself does not start on 64 KiB, so that the front door can say nothing then."""
    done = call(program, words, tmp_path / "here", limit=f"ulimit -s {stack};")
    assert (done.code, done.stdout) == (2, ""), done
    assert f"{stack} KiB" in done.stderr and "ulimit -s 8192" in done.stderr
