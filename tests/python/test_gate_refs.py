"""Refs become programs, each built in a worktree of its own; what cannot be says why."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from convoy_cli.core import git
from convoy_cli.core.errors import UsageError
from convoy_cli.core.files import cache_folder
from convoy_cli.gate import builds
from gate_project import BUILD, PROGRAM, Project, project, run  # noqa: F401


def test_each_ref_is_built_as_it_was(project: Project) -> None:
    assert [project.says("old"), project.says("main"), project.says("HEAD~1")] == [
        "one", "two", "one",
    ]  # fmt: skip
    assert project.built("old").commit == run(project.top, "rev-parse", "old")
    assert run(project.top, "status", "--porcelain") == ""
    assert len({len(str(project.built(ref).program)) for ref in ("old", "main")}) == 1


def test_a_commit_is_built_once_for_a_command(project: Project, monkeypatch: Any) -> None:
    for ref in ("main", "HEAD", "main"):
        project.built(ref)
    assert project.builds == 1
    project.built("main", BUILD + " # otherwise")
    assert project.builds == 2
    monkeypatch.setenv("CXXFLAGS", "-O3")
    project.built("main")
    assert project.builds == 3


def test_the_tree_as_it_lies_is_built_with_what_is_not_committed(
    project: Project, capsys: Any
) -> None:
    assert project.built("worktree").commit == run(project.top, "rev-parse", "HEAD")
    project.write("three")
    (project.top / "new.txt").write_text("not known to git")
    staged = run(project.top, "diff", "--cached", "--name-only")
    build = project.built(".", f"{BUILD} && cp new.txt out/")
    assert subprocess.check_output([build.program], text=True) == "three\n"
    assert build.commit == run(project.top, "rev-parse", "HEAD") + "-dirty"
    assert project.says("HEAD") == "two"
    assert "2 files changed and not committed" in capsys.readouterr().err
    # Neither index nor branches noticed, and the same tree is built once.
    assert run(project.top, "diff", "--cached", "--name-only") == staged == ""
    assert len(run(project.top, "for-each-ref").splitlines()) == 2
    count = project.builds
    project.built("worktree", f"{BUILD} && cp new.txt out/")
    assert project.builds == count


def test_older_commits_are_measured_without_a_remark(project: Project, capsys: Any) -> None:
    project.write("three")
    project.built("old")
    assert "not committed" not in capsys.readouterr().err


@pytest.mark.parametrize("ref", ["nowhere", "--help", "-q", "", "main:bench.sh", "a b"])
def test_a_ref_that_does_not_exist_is_named(project: Project, ref: str) -> None:
    with pytest.raises(UsageError, match="is not a commit of .*git branch -a.*fetch-depth: 0"):
        project.built(ref)


def test_a_shallow_clone_is_told_to_fetch_the_rest(project: Project, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    run(tmp_path, "clone", "--quiet", "--depth=1", f"file://{project.top}", str(clone))
    with pytest.raises(UsageError, match="git fetch --unshallow"):
        builds.built("main~1", BUILD, PROGRAM, clone, project.cache)


def test_a_change_as_old_as_the_index_is_seen(project: Project) -> None:
    """Written in the same tick as the index, a file looks as it did to git, which then reads it."""
    script, index = project.top / "bench.sh", project.top / ".git" / "index"
    run(project.top, "config", "core.trustctime", "false")
    then = (10**18, 10**18)
    os.utime(script, ns=then)
    run(project.top, "update-index", "--refresh")
    project.write("six")
    for path in (script, index):
        os.utime(path, ns=then)
    assert project.says("worktree") == "six"


def test_a_folder_without_git_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="not in a git checkout.*--base and --contender"):
        builds.built("main", BUILD, PROGRAM, tmp_path)
    with pytest.raises(UsageError, match="is not a folder"):
        builds.built("main", BUILD, PROGRAM, tmp_path / "missing")


@pytest.mark.parametrize(
    "command, program, words",
    [
        ("", PROGRAM, "--build CMD"),
        (BUILD, "", "--program ''"),
        (BUILD, "/bin/true", "top folder"),
        (BUILD, "../bench", "top folder"),
        (BUILD, "out/missing", "out/missing is not there after"),
        (f"{BUILD} && chmod -x out/bench", PROGRAM, "may not be run"),
        (f"{BUILD} && cp $(command -v true) out/right", "out/wrong", "out/right"),
    ],
)
def test_what_cannot_become_a_program_is_refused(
    project: Project, command: str, program: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        project.built("main", command, program)


def test_a_ref_that_does_not_build_shows_the_compilers_last_lines(project: Project) -> None:
    command = "seq 100; echo 'bench.cpp:7: error: no such thing' >&2; exit 3"
    with pytest.raises(UsageError) as caught:
        project.built("main", command)
    said = str(caught.value)
    assert "main (" in said and "ended with 3" in said
    assert said.endswith("  bench.cpp:7: error: no such thing")
    assert "\n  100\n" in said and "\n  50\n" not in said
    assert project.entries() == [] and project.worktrees() == 0
    [log] = project.cache.glob("*/*.log")
    assert str(log) in said and log.read_text().startswith("1\n2\n")
    assert project.says("main") == "two"


def test_a_full_disk_is_called_that(project: Project, monkeypatch: Any) -> None:
    with pytest.raises(UsageError, match="The disk is full.*XDG_CACHE_HOME"):
        project.built("main", "echo 'cc1: No space left on device'; exit 1")

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(builds, "mark", full)
    with pytest.raises(UsageError, match="the disk is full"):
        project.built("main")
    assert project.entries() == [] and project.worktrees() == 0


def test_a_cache_that_cannot_be_written_is_named(project: Project, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(UsageError, match="where builds are kept, cannot be written"):
        project.built("main")


def test_builds_know_nothing_of_the_make_or_the_hook_around_them(
    project: Project, monkeypatch: Any
) -> None:
    monkeypatch.setenv("MAKEFLAGS", "-j8")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    build = project.built("main", f"{BUILD} && env > out/environment && git log -1 > out/log")
    seen = (build.program.parent / "environment").read_text()
    assert "MAKEFLAGS" not in seen and "GIT_DIR" not in seen


def test_the_cache_is_where_the_desktop_wants_it(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("gate") == tmp_path / "convoy" / "gate"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder("gate") == tmp_path / ".cache" / "convoy" / "gate"


def test_a_checkout_of_another_user_is_trusted_and_no_other(
    project: Project, tmp_path: Path
) -> None:
    """Git asks who owns a repository, as root does here; ours is given on purpose."""
    if os.geteuid() != 0:
        pytest.skip("only root makes files of others")
    other = tmp_path / "other"
    run(tmp_path, "init", "--quiet", str(other))
    for top in (project.top, other):
        subprocess.check_call(["chown", "-R", "65534:65534", str(top)])
    assert project.says("old") == "one"
    (project.top / "deep").mkdir()
    assert git.top_of(project.top / "deep") == project.top
    with pytest.raises(git.GitFailed, match="dubious ownership.*other"):
        git.git(project.top, "-C", str(other), "status")


def test_neither_hooks_nor_monitors_of_the_repository_run(
    project: Project, tmp_path: Path
) -> None:
    ran, hooks = tmp_path / "ran", project.top / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho $0 $@ >> {ran}\n")
    script.chmod(0o755)
    for name in ("post-checkout", "pre-auto-gc", "post-index-change", "reference-transaction"):
        (hooks / name).symlink_to(script)
    run(project.top, "config", "core.fsmonitor", str(script))
    run(project.top, "status")
    assert ran.read_text() != ""  # so git does run them
    ran.unlink()
    project.write("three")
    assert [project.says("old"), project.says("worktree")] == ["one", "three"]
    assert not ran.exists(), ran.read_text()


def with_submodule(project: Project, url: str) -> None:
    (project.top / ".gitmodules").write_text(f'[submodule "sub"]\n\tpath = sub\n\turl = {url}\n')
    head = run(project.top, "rev-parse", "HEAD")
    run(project.top, "add", ".gitmodules")
    run(project.top, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    run(project.top, "commit", "--quiet", "-m", "with a submodule")


def test_a_submodule_that_cannot_be_fetched_says_gits_reason(project: Project) -> None:
    with_submodule(project, "/nowhere/at/all")
    with pytest.raises(UsageError) as caught:
        project.built("main")
    said = str(caught.value)
    assert "a submodule of main (" in said and "git submodule update --init" in said
    assert "repository '/nowhere/at/all' does not exist" in said
    assert project.entries() == [] and project.worktrees() == 0


def test_a_submodule_is_fetched_and_no_command_runs_in_its_place(
    project: Project, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    copy = tmp_path / "copy"
    run(tmp_path, "clone", "--quiet", "--bare", str(project.top), str(copy))
    with_submodule(project, str(copy))
    run(project.top, "config", "submodule.sub.update", "!touch ran")
    build = project.built("main")
    assert (build.program.parents[1] / "sub" / "bench.sh").is_file()
    assert not (build.program.parents[1] / "sub" / "ran").exists()


def test_the_reason_of_git_is_its_first_complaint() -> None:
    said = "Cloning into 'x'...\nfatal: no \x1b[2J\nfatal: clone failed\nFailed to clone. Retry\n"
    assert git.reason(said) == "fatal: no \\x1b[2J"
    assert git.reason("odd\nlast\n\n") == "last" and git.reason("") == ""
