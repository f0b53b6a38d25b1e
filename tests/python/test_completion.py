"""Completions and the manual page: shells read them, and every verb and option is in them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from built import BENCH
from conftest import LIMIT_S
from convoy_cli import cli
from convoy_cli.core import shells
from convoy_cli.core.shells import Command, Option

EVIL = Command(
    "odd", "it's `$(touch made)` [x]: \\ .so", (
        Option(("-q", "--quiet"), "", ".so /etc/passwd"),
        Option(("--form",), "A|B", "'; touch made; '", ("one", "two")),
        Option(("--file",), "FILE", "$HOME \\n"),
    ), (".so x", "'y"),
)  # fmt: skip


def call(*words: str, folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    return subprocess.run(
        list(words), cwd=folder, input=text, capture_output=True, encoding="utf-8",
        timeout=LIMIT_S, check=False,
    )  # fmt: skip


def completed(script: Path, folder: Path, *words: str) -> list[str]:
    """What bash offers for the last of the words."""
    made = " ".join(shells.quoted(word) for word in words)
    done = call(
        "bash", "--norc", folder=folder,
        text=f"source {script}\nCOMP_WORDS=({made})\nCOMP_CWORD={len(words) - 1}\n_convoy\n"
             'printf "%s\\n" "${COMPREPLY[@]}"\n',
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shell") / "convoy.bash"
    path.write_text(shells.bash(cli.commands()), "utf-8")
    return path


def test_bash_completes_verbs_options_values_and_files(script: Path, tmp_path: Path) -> None:
    assert set(completed(script, tmp_path, "convoy", "")) == set(cli.names())
    assert completed(script, tmp_path, "convoy", "comp") == ["compare", "completion"]
    assert "--compare" in completed(script, tmp_path, "convoy", "report", "--")
    assert completed(script, tmp_path, "convoy", "run", "--build", "as") == ["asan"]
    (tmp_path / "mine.json").touch()
    assert completed(script, tmp_path, "convoy", "summary", "mi") == ["mine.json"]


def test_what_the_program_takes_is_completed_too(script: Path, tmp_path: Path) -> None:
    if not BENCH.exists():
        pytest.skip("not built: make build")
    assert completed(script, tmp_path, "convoy", "run", "--prec") == ["--precision"]


@pytest.mark.parametrize("shell", shells.SHELLS)
@pytest.mark.parametrize("what", ["all", "evil"])
def test_the_shell_reads_it_and_executes_nothing(shell: str, what: str, tmp_path: Path) -> None:
    text = shells.script(shell, cli.commands() if what == "all" else [EVIL])
    (tmp_path / "it").write_text(text, "utf-8")
    done = call(shell, "-n", "it", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    if shell != "zsh":  # there it is a function of the completion system
        done = call(shell, "-c", "source ./it", folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("what", ["all", "evil"])
def test_the_manual_has_every_verb_and_option(what: str, tmp_path: Path) -> None:
    commands = cli.commands() if what == "all" else [EVIL]
    page = shells.manual(commands)
    assert not [line for line in page.splitlines() if line.startswith((".so", "'"))]
    done = call("groff", "-man", "-Tutf8", "-ww", folder=tmp_path, text=page)
    assert (done.returncode, done.stderr) == (0, "")
    shown = re.sub(".\b", "", done.stdout)  # bold letters are printed twice
    for each in commands:
        assert each.name in shown
        for flag in shells.flags(each):
            assert flag in shown


def test_the_verb_prints_what_is_asked_for(inside: object) -> None:
    for form in (*shells.SHELLS, "man"):
        done = inside("completion", form)  # type: ignore[operator]
        assert done.returncode == 0 and "completion" in done.stdout
