"""Files as people have them: read where that takes no guess, and named where it would."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import compare_made
import pytest
from compare_made import document, entry, repetitions, samples, write
from conftest import CONVOY, ROOT, assert_complaint, clean_environment
from convoy_cli.core import files
from convoy_cli.results import stored
from history_made import commit

Json = dict[str, Any]
TIMES = samples(1)
PLAIN = document(repetitions("BM/1", TIMES), executable="x")
TEXT = json.dumps(PLAIN, indent=2)


def numbered(form: Callable[[str, float], str]) -> str:
    """The same file with its numbers in another form, by their names."""

    def written(found: re.Match[str]) -> str:
        return f'"{found[1]}": {form(found[1], float(found[2]))}'

    return re.sub(r'"(\w+)": ([\d.e+-]+)', written, TEXT)


def english(name: str, value: float) -> str:
    return f"{int(value * 1000):,}" if name == "iterations" else f"{value:,.16e}"


def german(name: str, value: float) -> str:
    if value.is_integer():
        return f"{int(value * (1000 if name == 'iterations' else 1)):,}".replace(",", ".")
    return f"{value:.16e}".replace(".", ",")


def old_german(name: str, value: float) -> str:
    return f"{value * 1e6:,.7f}".translate(str.maketrans(",.", ".,"))


READ: dict[str, tuple[bytes, float]] = {  # and by what the times are multiplied
    "UTF-8 with a mark": (b"\xef\xbb\xbf" + TEXT.encode(), 1),
    "UTF-16 LE": (b"\xff\xfe" + TEXT.encode("utf-16-le"), 1),
    "UTF-16 BE": (b"\xfe\xff" + TEXT.encode("utf-16-be"), 1),
    "UTF-32": (b"\xff\xfe\0\0" + TEXT.encode("utf-32-le"), 1),
    "thousands": (numbered(english).encode(), 1),
    "a decimal comma": (numbered(german).encode(), 1),
    "both": (numbered(old_german).encode(), 1e6),
    "blanks": (TEXT.replace('"iterations": 100', '"iterations": 180 831').encode(), 1),
    "prints around": (f"Hello {{ \"a\": 1\nRunning ...\n{TEXT}\ndone: 5 \" {{\n".encode(), 1),
    "a path of Windows": (TEXT.replace('"x"', r'"C:\bench\users\x.exe"').encode(), 1),
    "C's words": (TEXT.replace('"threads": 1,', '"threads": 1, "c": -nan(ind), "d": inf,').encode(),
                  1),
    "Microsoft's words": (TEXT.replace('"threads": 1,', '"threads": 1, "c": 1.#QNAN,').encode(), 1),
    "line ends in a label": (TEXT.replace('"threads": 1,', '"label": "a\tb\nc",').encode(), 1),
    "Latin-1 in a label": (TEXT.replace('"threads": 1,', '"label": "é",').encode("latin-1"), 1),
}  # fmt: skip


@pytest.mark.parametrize("form", READ)
def test_what_leaves_no_doubt_is_read(form: str, inside: Any, tmp_path: Path) -> None:
    content, factor = READ[form]
    path = tmp_path / "a.json"
    path.write_bytes(content)
    made = stored.load(path)
    assert made.rows["BM/1"].cpu_ns == pytest.approx([time * 1e3 * factor for time in TIMES])
    done = inside("compare", path, path)
    assert done.returncode in (0, 3) and f"{path} was read although" in done.stdout, done
    words = ("--file", tmp_path / "h.jsonl", "--commit", commit(1))
    done = inside("history", "add", path, "--reference", path, *words)
    assert done.returncode == 0 and "was read although" in done.stderr, done


def test_separated_thousands_are_what_the_library_wrote() -> None:
    text = '{"benchmarks": [{"iterations": 180,831,"real_time": 3.9e+03, "x": 1,234,567}]}'
    assert files.decode(text.encode(), lambda _: None).documents[0]["benchmarks"] == [
        {"iterations": 180831, "real_time": 3900.0, "x": 1234567}
    ]


def test_results_that_are_joined_are_one(inside: Any, tmp_path: Path) -> None:
    other = document(repetitions("BM/1", samples(2)), host_name="another", date="2025-06-02")
    path, one = tmp_path / "a.json", write(tmp_path / "one.json", PLAIN)
    path.write_text(TEXT + json.dumps(other), encoding="utf-8")
    assert len(stored.load(path).rows["BM/1"].cpu_ns) == 20
    assert "2 results are joined in it" in inside("compare", path, path).stdout
    ends = 'bye "\n', 'again "{\n'
    path.write_text(f"{numbered(german)}{ends[0]}{numbered(english)}{ends[1]}", "utf-8")
    assert stored.load(path).rows["BM/1"].cpu_ns == stored.load(one).rows["BM/1"].cpu_ns * 2
    path.write_text(TEXT + json.dumps(document(other["benchmarks"], num_cpus=64)), "utf-8")
    done = inside("compare", path, path)
    assert_complaint(done, "different machines or builds", "file of its own")


DOUBTFUL = {
    "one number": ('{"benchmarks": [{"real_time": 1,234}]}', "may be 1234 or 1.234"),
    "two ways": ('{"benchmarks": [{"real_time": 1,2e+02, "iterations": 1,234}]}', "in two ways"),
    "dots and commas": ('{"benchmarks": [{"x": 1,2e+02, "y": 1.25e+02}]}', "two ways"),
    "prints between": ('{"benchmarks": [{"real_time": 1},\nhello\n{"cpu_time": 1}]}', "not JSON"),
    "the second is cut": (TEXT + TEXT[:-20], "2 results one after another, and the last one ends"),
    "cut": (TEXT[:-20], "ends too early"),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le").decode("latin-1"), "looks like UTF-16"),
    "UTF-16 that ends early": ("\xff\xfea", "begins as UTF-16"),
    "nothing": ("", "is empty"),
    "a mark alone": ("\xef\xbb\xbf \n", "is empty"),
    "deep": ("[" * 3000, "nested too deeply"),
    "deep within": ('{"benchmarks": ' + "[" * 3000, "nested too deeply"),
    "no list": ('{"benchmarks": {}}', "no list `benchmarks`"),
    "a list": ("[]", "no list `benchmarks`"),
    "a huge number alone": ("1" + "0" * 5000, "no list `benchmarks`"),
}


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_what_is_in_doubt_is_named(kind: str, inside: Any, tmp_path: Path) -> None:
    text, expected = DOUBTFUL[kind]
    path, good = tmp_path / "a.json", write(tmp_path / "b.json", PLAIN)
    path.write_bytes(text.encode("latin-1"))
    add = ("--file", tmp_path / "h.jsonl", "--commit", commit(1))
    for done in (
        inside("compare", path, good),
        inside("compare", good, path),
        inside("history", "add", path, "--reference", good, *add),
        inside("history", "add", good, "--parent", path, *add),
    ):
        assert_complaint(done, expected, "a.json")
        assert_harmless(done.stderr)
    for verb in ("check", "summary", "plot"):
        done = inside(verb, path)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert_harmless(done.stderr)


def assert_harmless(said: str) -> None:
    """No command in it writes to a file that may be there."""
    targets = re.findall(r"(?:--json|--benchmark_out|(?<!\w)-o|>|tee)[ =]([\w./-]+)", said)
    assert all(target.startswith("NEW") or target == "X.json" for target in targets), said


FOREIGN = {
    "Google Benchmark's CSV": "x\nname,iterations,real_time,cpu_time,time_unit,bytes_per_second\n",
    "Google Benchmark's console output": "-----\nBenchmark          Time     CPU   Iterations\n---",
    "the output of Go's": "goos: linux\nBenchmarkFib-8   \t  200\t   5865240 ns/op\n",
    "the JSON of Go's": '{"Time":"x","Action":"output","Package":"p","Output":"ok"}',
    "JMH's output": "# JMH version: 1.37\n# VM version\n",
    "JMH's JSON": '[{"jmhVersion": "1.37", "benchmark": "a.B", "primaryMetric": {"score": 1}}]',
    "hyperfine's output": "Benchmark 1: sleep 1\n  Time (mean ± σ):      1.0 s\n",
    "hyperfine's JSON": '{"results": [{"command": "sleep 1", "mean": 1.0, "times": [1.0]}]}',
    "hyperfine's CSV": "command,mean,stddev,median,user,system,min,max\nsleep 1,1,0,1,0,0,1,1\n",
    "nanobench's output": "|               ns/op |                op/s |    err% |     total |\n",
    "nanobench's JSON": '{"results": [{"title": "a", "name": "b", "measurements": []}]}',
    "pytest-benchmark's output": "----- benchmark: 3 tests -----\nName (time in ns)\n",
    "pytest-benchmark's JSON": '{"machine_info": {}, "benchmarks": [{"name": "a", "stats": {}}]}',
    "pyperf's JSON": '{"benchmarks": [{"runs": []}], "metadata": {}, "version": "1.0"}',
    "criterion's output": "fib 20       time:   [26.029 µs 26.251 µs 26.505 µs]\n",
    "criterion's JSON": '{"mean": {}, "median": {}, "std_dev": {}, "slope": null}',
    "BenchmarkDotNet's JSON": '{"Title": "a", "HostEnvironmentInfo": {}, "Benchmarks": []}',
    "a trace": '{"traceEvents": []}',
    "XML": '<?xml version="1.0"?>\n<testsuite/>\n',
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_others_wrote_is_named(name: str, inside: Any, tmp_path: Path) -> None:
    path, good = tmp_path / "a.json", write(tmp_path / "b.json", PLAIN)
    path.write_text(FOREIGN[name], encoding="utf-8")
    for words in (("compare", good, path), ("history", "add", path, "--parent", good),
                  ("summary", path), ("plot", path), ("check", path)):  # fmt: skip
        done = inside(*words)
        assert_complaint(done, f"a.json is {name}", "--benchmark_out=NEW.json")
        assert_harmless(done.stderr)


BAD: dict[str, tuple[list[Any], str]] = {
    "null": ([None], "number 11 of its list of benchmarks, null is not a benchmark"),
    "a number": ([5], "5 is not a benchmark"),
    "a name that is a list": ([entry("x", 1.0) | {"name": [1], "run_name": None}],
                              "its name is a list"),
    "no name": ([{"cpu_time": 1}], "it has no name"),
    "a kind that is a list": ([entry("x", 1.0) | {"run_type": [1]}], "its run_type is a list"),
    "a time as text": ([entry("x", 1.0) | {"cpu_time": "1.5"}], 'its cpu_time is the text "1.5"'),
    "a time that is huge": ([entry("x", 1e300)], "which is not a valid time of a benchmark"),
    "a time that is too long": ([entry("x", 1.0) | {"cpu_time": 10**400}], "it has no cpu_time"),
    "a time that is tiny": ([entry("x", 1e-300)], "which is not a valid time of a benchmark"),
    "a time before it began": ([entry("x", -1.0)], "which is not a valid time of a benchmark"),
    "no number": ([entry("x", float("nan")) | {"real_time": float("inf")}], "it has no cpu_time"),
    "true": ([entry("x", 1.0) | {"real_time": True}], "its real_time is true, not a number"),
    "a unit that is a list": ([entry("x", 1.0) | {"time_unit": ["ns"]}], "unknown unit"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_benchmark_that_is_none_is_told_beside_the_others(
    kind: str, inside: Any, tmp_path: Path
) -> None:
    rows, expected = BAD[kind]
    one = write(tmp_path / "a.json", document(repetitions("BM/1", TIMES)[:10] + rows))
    done = inside("compare", one, one)
    assert done.returncode in (0, 3) and expected in done.stdout, done
    words = ("--file", tmp_path / "h.jsonl", "--commit", commit(1))
    done = inside("history", "add", one, "--reference", one, *words)
    assert done.returncode == 0 and "BM/1" in (tmp_path / "h.jsonl").read_text("utf-8"), done
    alone = write(tmp_path / "c.json", document(rows))
    done = inside("history", "add", alone, "--reference", one, *words)
    assert done.returncode == 2 and "Traceback" not in done.stderr


@pytest.mark.parametrize("value", ["x", [1], {}, None, 10**400, float("nan"), True, "é\n"])
def test_a_machine_may_say_anything(value: Any, inside: Any, tmp_path: Path) -> None:
    keys = ("mhz_per_cpu", "num_cpus", "caches", "cpu_model", "date", "flags")
    odd = dict.fromkeys(keys, value)
    one = write(tmp_path / "a.json", document(repetitions("BM/1", TIMES), **odd))
    assert inside("compare", one, one).returncode == 0
    context = write(tmp_path / "b.json", PLAIN | {"context": value})
    assert inside("compare", context, context, "--force").returncode == 0


# --- Pipes and other things that are no files.


def test_pipes_are_read_once(tmp_path: Path) -> None:
    write(tmp_path / "a.json", PLAIN)
    for words in (
        'compare <(cat a.json) <(cat a.json)',
        f'history add <(cat a.json) --reference <(cat a.json) --commit {commit(1)}',
    ):
        done = subprocess.run(
            ["bash", "-c", f'"$0" {words}', str(CONVOY)], cwd=tmp_path, env=clean_environment(),
            capture_output=True, encoding="utf-8", check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done


def test_what_cannot_be_read(
    inside: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = write(tmp_path / "a.json", PLAIN)
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(files, "PATIENCE_S", 0)
    (tmp_path / "folder.json").mkdir()
    for name, expected in (
        ("pipe", "nobody writes to"), ("folder.json", "is a folder"), ("/dev/zero", "a device"),
        ("none.json", "No such file"), ("x" * 5000, "cannot be read"), ("a\0b", "cannot be read"),
    ):  # fmt: skip
        assert_complaint(inside("compare", good, name), expected)
        for verb in ("check", "summary", "plot"):
            assert_complaint(inside(verb, name), expected)
        done = inside("history", "add", name, "--parent", good, "--commit", commit(1))
        assert_complaint(done, expected)


def test_a_history_that_is_none(inside: Any, tmp_path: Path) -> None:
    good = write(tmp_path / "a.json", PLAIN)
    os.mkfifo(tmp_path / "pipe")
    words = ("--reference", good, "--commit", commit(1), "--file")
    for name in ("pipe", tmp_path, "/dev/null"):
        assert_complaint(inside("history", "show", "--file", name), "--file F")
        assert_complaint(inside("history", "add", good, *words, name), "--file F")
    path = tmp_path / "h.jsonl"
    assert inside("history", "add", good, *words, path).returncode == 0
    text = path.read_text("utf-8")
    path.write_text(f"\ufeff{text}{'[' * 3000}", encoding="utf-8")
    done = inside("history", "show", "--file", path)
    assert done.returncode == 0 and "torn" in done.stderr and "1 commit, 1 benchmark" in done.stdout
    path.write_text(text, encoding="utf-16")
    assert_complaint(inside("history", "show", "--file", path), "UTF-16", "iconv")


# --- What is said.


def test_no_command_that_is_advised_overwrites_a_file() -> None:
    """No message puts a name that it was given behind an option that writes."""
    writes = re.compile(r"(?:--json|-o|--output|--benchmark_out|tee)[ =]\{|> ?\{(?:path|file)")
    runs = {"gate/program.py", "gate/instructions.py"}  # of a draft in a folder of their own
    package = ROOT / "scripts" / "convoy_cli"
    for path in package.rglob("*.py"):
        if path.relative_to(package).as_posix() not in runs:
            assert not writes.search(path.read_text("utf-8")), path


@pytest.mark.parametrize("share", ["2%", "2 %", "0.02", ".02", "2.0%", "2\u202f%", "±2%", "+2%"])
def test_shares_as_people_write_them(share: str, inside: Any, tmp_path: Path) -> None:
    one, two = (write(tmp_path / f"{name}.json", PLAIN) for name in "ab")
    done = inside("compare", one, two, "--noise", share, "--same", share, "--json", "out.json")
    assert done.returncode == 0, done
    rules = json.loads((tmp_path / "out.json").read_text("utf-8"))["rules"]
    assert rules["noise"] == rules["same"] == 0.02
    words = ("--file", "h.jsonl", "--commit", commit(1))
    assert inside("history", "add", one, "--reference", two, *words).returncode == 0
    for what in ("check", "show"):
        assert inside("history", what, "--file", "h.jsonl", "--noise", share).returncode == 0


@pytest.mark.parametrize(
    "share, meant", [("2", "2%"), ("2,5%", "2.5%"), ("x", "1%"), ("200%", "1%")]
)
def test_shares_that_are_none(share: str, meant: str, inside: Any, tmp_path: Path) -> None:
    one = compare_made.program(tmp_path / "a.json", {"BM": 1.0}, 1)
    assert_complaint(inside("compare", one, one, "--noise", share), f"--noise {share}", meant)


@pytest.mark.parametrize("number", ["1e400", "-1E+400", "1.5e0400", "1" + "0" * 400])
@pytest.mark.parametrize("around", ["{}", "[{}]", "[{},1]", '{{"a":{}}}', '{{"a": {}\n}}'])
def test_numbers_that_no_float_holds_are_seen_wherever_they_stand(number: str, around: str) -> None:
    seen: list[str] = []
    files.decode(around.format(number).encode(), seen.append)
    assert len(seen) == 1


def test_letters_of_a_text_are_no_numbers() -> None:
    seen: list[str] = []
    found = files.decode(b'{"checksum":"5e999","name":"1e400, 2"}', seen.append)
    assert seen == [] and found.documents == [{"checksum": "5e999", "name": "1e400, 2"}]
