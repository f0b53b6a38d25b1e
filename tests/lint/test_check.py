"""scripts/check and scripts/tidy: which parts run, what they say, and what is not read again."""

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["format", "lint", "build", "tests", "asan", "tsan", "tidy", "mypy"]


def load(name):
    loader = importlib.machinery.SourceFileLoader(f"script_{name}", str(ROOT / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


@pytest.fixture
def check(tmp_path, monkeypatch):
    module = load("check")
    monkeypatch.setattr(module, "TIMES", tmp_path / "build" / "check-times.json")
    return module


def part(check, name, *commands):
    return check.Part(name, f"what {name} does", (), 90.0, lambda base: [list(c) for c in commands])


@pytest.fixture
def uninstalled(check, monkeypatch):
    """Nothing is to be installed for these parts, which have no packages."""
    real = subprocess.run
    done = subprocess.CompletedProcess([], 0)

    def install_nothing(command, **rest):
        return done if command[0] == "scripts/bootstrap" else real(command, **rest)

    monkeypatch.setattr(check.subprocess, "run", install_nothing)


def run(check, capsys, *parts):
    code = check.Check(list(parts), None).run()
    return code, capsys.readouterr().out


def test_the_parts_are_listed_in_their_order():
    done = subprocess.run([ROOT / "scripts" / "check", "--list"], capture_output=True, text=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == NAMES


def test_each_part_says_where_it_stands(check, uninstalled, capsys):
    parts = part(check, "one", ["echo", "done"]), part(check, "two", ["true"])
    code, out = run(check, capsys, *parts)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == (
        "[1/2 one \u00b7 0 s] what one does: takes about 1 min 30 s, all that is left 3 min 0 s"
    )
    assert lines[1] == "done"
    assert lines[2].startswith("[2/2 two \u00b7 ")
    assert lines[-1].startswith("everything holds, ")


def test_the_next_run_expects_what_the_last_one_took(check, uninstalled, capsys):
    run(check, capsys, part(check, "one", ["true"]))
    assert json.loads(check.TIMES.read_text()) == {"one": pytest.approx(0, abs=60)}
    check.keep_time("one", 200)
    _, out = run(check, capsys, part(check, "one", ["true"]))
    assert "takes about 3 min 20 s" in out


def test_the_first_failure_ends_it_and_says_how_to_go_on(check, uninstalled, capsys):
    told = ["sh", "-c", "seq 50; exit 3"]
    code, out = run(check, capsys, part(check, "one", told, ["echo", "never"]),
                    part(check, "two", ["echo", "never"]))  # fmt: skip
    assert code == 1
    assert "never" not in out
    lines = out.splitlines()
    assert [line.strip() for line in lines[-31:-1]] == [str(n) for n in range(21, 51)]
    assert lines[-1].endswith("to run it alone: scripts/check one")
    assert not check.TIMES.exists()


def test_a_program_that_is_missing_is_a_failure(check, uninstalled, capsys):
    code, out = run(check, capsys, part(check, "one", ["no-such-program"]))
    assert code == 1 and "no-such-program" in out


@pytest.mark.parametrize("words, says", [(["nonsense"], "'nonsense' is no part"),
                                         (["--base", "nonsense"], "no such commit")])  # fmt: skip
def test_other_words_are_refused(check, capsys, words, says):
    with pytest.raises(SystemExit) as ended:
        check.main(words)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


@pytest.fixture
def tidy(tmp_path, monkeypatch):
    """A tree of two sources and a header, and a clang-tidy that finds the word `bad`."""
    module = load("tidy")
    program = tmp_path / "clang-tidy"
    program.write_text(
        "#!/bin/sh\n[ \"$1\" = --version ] && { echo 1; exit; }\n"
        "for file; do :; done\necho \"$file\" >> log\n! grep bad \"$file\"\n"
    )
    program.chmod(0o755)
    root = tmp_path / "tree"
    (root / "harness").mkdir(parents=True)
    (root / "build" / "check").mkdir(parents=True)
    (root / ".clang-tidy").write_text("Checks: '*'")
    (root / "harness" / "a.cpp").write_text('#include "harness/a.hpp"\n')
    (root / "harness" / "a.hpp").write_text("// a\n")
    (root / "harness" / "b.cpp").write_text("// b\n")
    sources = [root / "harness" / name for name in ("a.cpp", "b.cpp")]
    database = [{"file": str(source), "command": "g++"} for source in sources]
    (root / "build" / "check" / "compile_commands.json").write_text(json.dumps(database))
    monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(module, "TIDY", str(program))
    monkeypatch.setattr(module.tests_cpp, "configure", lambda *_: True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def call(*words):
        for known in (module.includes, module.digest):
            known.cache_clear()
        (root / "log").unlink(missing_ok=True)
        code = module.main(list(words))
        log = root / "log"
        return code, sorted(log.read_text().split()) if log.exists() else []

    call.root = root
    return call


def test_what_was_in_order_is_read_again_only_when_it_changes(tidy):
    assert tidy() == (0, ["harness/a.cpp", "harness/b.cpp"])
    assert tidy() == (0, [])
    (tidy.root / "harness" / "a.hpp").write_text("// another\n")
    assert tidy() == (0, ["harness/a.cpp"])
    (tidy.root / ".clang-tidy").write_text("Checks: '-*'")
    assert tidy() == (0, ["harness/a.cpp", "harness/b.cpp"])
    (tidy.root / "harness" / ".clang-tidy").write_text("Checks: '*'")
    assert tidy() == (0, ["harness/a.cpp", "harness/b.cpp"])


def test_what_is_wrong_is_found_every_time(tidy, capsys):
    (tidy.root / "harness" / "b.cpp").write_text("bad\n")
    assert tidy() == (1, ["harness/a.cpp", "harness/b.cpp"])
    assert tidy() == (1, ["harness/b.cpp"])
    assert "found something in 1 of 1 sources" in capsys.readouterr().out


def test_a_base_leaves_only_what_changed_since(tidy):
    git = ["git", "-C", str(tidy.root), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "harness", ".clang-tidy"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    assert tidy("--base", "HEAD") == (0, [])
    (tidy.root / "harness" / "a.hpp").write_text("// another\n")
    assert tidy("--base", "HEAD") == (0, ["harness/a.cpp"])


def test_a_file_that_is_no_source_is_refused(tidy, capsys):
    assert tidy("harness/a.hpp") == (2, [])
    assert "is no source" in capsys.readouterr().err
