"""The file of a history: no line is lost, and half a line harms nobody."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import LIMIT_S, ROOT
from convoy_cli.core.errors import UsageError
from convoy_cli.history import ledger
from history_made import line, read, write

WRITER = """
import sys
sys.dont_write_bytecode = True
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from convoy_cli.history import ledger
from history_made import line
sys.stdin.read(1)  # all begin at once
for number in range(int(sys.argv[5])):
    ledger.append(Path(sys.argv[3]), [line(number, f"{sys.argv[4]}/{k}") for k in range(7)])
"""


def writer(path: Path, name: str, batches: int) -> subprocess.Popen[bytes]:
    here = [str(ROOT / "scripts"), str(ROOT / "tests" / "python")]
    words = [sys.executable, "-c", WRITER, *here, str(path), name, str(batches)]
    return subprocess.Popen(words, stdin=subprocess.PIPE)


def test_what_is_added_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history.jsonl"
    assert ledger.append(path, [line(1), line(2)]) == []
    assert ledger.append(path, [line(3, "Grüße/🙂\u2028")]) == []
    found = ledger.read(path)
    assert found.lines == [line(1), line(2), line(3, "Grüße/🙂\u2028")] and found.remarks == []
    assert path.read_text("utf-8").count("\n") == 3


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path, batches = tmp_path / "history.jsonl", 40
    writers = [writer(path, name, batches) for name in "abcd"]
    try:
        for process in writers:
            assert process.stdin is not None
            process.stdin.write(b"x")
            process.stdin.close()
        deadline = time.monotonic() + LIMIT_S
        while any(process.poll() is None for process in writers):
            assert time.monotonic() < deadline, "a writer hangs"
            if path.exists():
                assert ledger.read(path).remarks == []  # never half a line
        assert [process.wait(LIMIT_S) for process in writers] == [0] * 4
    finally:
        for process in writers:
            process.kill()
            process.wait()
    found = [(one["benchmark"], one["commit"]) for one in read(path)]
    assert len(found) == len(set(found)) == 4 * 7 * batches
    for first in range(0, len(found), 7):  # what came in one call stands together
        assert len({name.partition("/")[0] for name, _ in found[first : first + 7]}) == 1
    assert not path.with_name("history.jsonl.torn").exists()


@pytest.mark.parametrize("rest", ['{"convoy_history": 1, "comm', "\0\0\0\0", "\udcff{", '"text"'])
def test_half_a_line_is_put_aside(tmp_path: Path, rest: str) -> None:
    path = write(tmp_path / "h.jsonl", [line(1), line(2)])
    torn = rest.encode("utf-8", "surrogateescape")
    path.write_bytes(path.read_bytes() + torn)
    found = ledger.read(path)
    assert found.lines == [line(1), line(2)]
    assert len(found.remarks) == 1 and f"its {len(torn)} bytes" in found.remarks[0]
    assert (tmp_path / "h.jsonl.torn").read_bytes() == torn + b"\n"
    assert ledger.read(path) == ledger.Ledger([line(1), line(2)], [])


def test_half_a_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", [line(1)], rest='{"convoy')
    write(tmp_path / "h.jsonl.torn", [], rest="an older one\n")
    remarks = ledger.append(path, [line(2)])
    assert len(remarks) == 1 and "was incomplete" in remarks[0]
    assert read(path) == [line(1), line(2)]
    assert (tmp_path / "h.jsonl.torn").read_text() == 'an older one\n{"convoy\n'


@pytest.mark.parametrize("how", ["read", "append"])
def test_a_whole_line_without_its_end_is_kept(tmp_path: Path, how: str) -> None:
    path = write(tmp_path / "h.jsonl", [line(1)], rest=json.dumps(line(2)))
    if how == "append":
        assert ledger.append(path, [line(3)]) == []
    expected = [line(1), line(2)] + ([line(3)] if how == "append" else [])
    assert ledger.read(path) == ledger.Ledger(expected, [])
    assert read(path) == expected
    assert not (tmp_path / "h.jsonl.torn").exists()


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", [line(1)])
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, limits[1]))
    try:
        with pytest.raises(UsageError, match="cannot be written.*Nothing was added"):
            ledger.append(path, [line(2), line(3)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before


def test_other_lines_are_told(tmp_path: Path) -> None:
    newer: dict[str, Any] = {"convoy_history": 2, "what": "nobody knows"}
    bad = line(5, reference={"base": "a", "log_ratio": "1"})
    path = write(tmp_path / "h.jsonl", [line(1), newer, {"other": 1}, bad, newer, line(2)],
                 rest='\n[1]\nno json\n{"convoy_history": NaN}\n')  # fmt: skip
    found = ledger.read(path)
    assert found.lines == [line(1), line(2)]
    told = "\n".join(found.remarks)
    assert len(found.remarks) == 4
    assert "line 2 and 1 more skipped: version 2, from a newer Convoy" in told
    assert "line 3 and 1 more skipped: not a line of a history" in told
    assert "line 4 skipped: reference" in told
    assert "line 9 and 1 more skipped: not JSON" in told


@pytest.mark.parametrize("value", ["NaN", "1e999", "-1e400", "true"])
def test_what_is_no_number_is_left_out(tmp_path: Path, value: str) -> None:
    one = line(1, reference={"base": "a", "log_ratio": 0.25, "low": None, "high": None,
                             "confidence": None, "samples": 1, "verdict": "SAME"})  # fmt: skip
    path = tmp_path / "h.jsonl"
    path.write_text(json.dumps(one).replace("0.25", value) + "\n")
    found = ledger.read(path)
    assert found.lines == [] and len(found.remarks) == 1


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist: `scripts/convoy history add"):
        ledger.read(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="cannot be read"):
        ledger.read(tmp_path)
    with pytest.raises(UsageError, match="cannot be written"):
        ledger.append(tmp_path, [line(1)])
