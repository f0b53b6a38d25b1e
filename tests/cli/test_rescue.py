"""The copy of a result that cannot be written where it should be: nobody foresees its name."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from confined import QUICK, unshared
from runs import load

FULL = ("--json", "/dev/full")
# /var/tmp and /dev/shm of its own, so that every name in them is this test's.
OWN = "mount -t tmpfs none /var/tmp; mount -t tmpfs none /dev/shm"
# Whoever foresees the number of the process puts a link in the way, here of every number there is.
IN_THE_WAY = """
echo precious > precious
for number in $(seq $(($$ + 1)) $(($$ + 400))); do
  ln -s "$PWD/precious" /var/tmp/convoy-$number.json
  echo foreign > /var/tmp/convoy-$number.track.json
done
code=0; "$@" || code=$?
cat precious
cat /var/tmp/convoy-[0-9]*.track.json | sort | uniq -c
find /var/tmp -newer precious -type f -name 'convoy-[!0-9]*.json' -printf '%m\\n'
cat "$(find /var/tmp -type f -name 'convoy-??????.json' ! -name 'convoy-[0-9]*.json')"
exit $code
"""


def test_a_link_in_the_way_is_not_followed_and_a_file_not_replaced(folder: Path) -> None:
    run = unshared("--mount", OWN, IN_THE_WAY, folder, *QUICK, *FULL)
    assert run.code == 2, (run.code, run.stderr)
    assert "the result is kept in /var/tmp/convoy-" in run.stderr
    precious, foreign, rest = run.stdout.split("\n", 2)
    assert precious == "precious"
    assert re.fullmatch(r" *400 foreign", foreign)
    found = re.match(r"600\n600\n", rest)
    assert found, rest[:200]
    assert load(rest[found.end() :])["convoy"]["rows"]


def test_where_the_first_folder_is_full_another_one_has_it(folder: Path) -> None:
    small = "mount -t tmpfs -o size=4k none /var/tmp; mount -t tmpfs none /dev/shm"
    script = 'code=0; "$@" || code=$?; ls -A /var/tmp; cat /dev/shm/convoy-??????.json; exit $code'
    run = unshared("--mount", small, script, folder, *QUICK, *FULL)
    assert run.code == 2, (run.code, run.stderr)
    assert "the result is kept in /dev/shm/convoy-" in run.stderr
    assert load(run.stdout)["convoy"]["rows"], "a part of a file is left in /var/tmp"


@pytest.mark.parametrize("words", [("--json", "/dev/full"), ("--json", "-")])
def test_without_a_folder_it_goes_to_stdout_if_that_takes_it(
    words: tuple[str, ...], folder: Path
) -> None:
    none = "mount -t tmpfs -o size=4k none /var/tmp; mount -t tmpfs -o size=4k none /dev/shm"
    script = '"$@" >/dev/full' if words[1] == "-" else '"$@"'
    run = unshared("--mount", none, script, folder, *QUICK, *words)
    assert run.code == 2, (run.code, run.stderr)
    if words[1] == "-":
        assert "so the result is lost" in run.stderr
    else:
        assert "so the result goes to stdout" in run.stderr
        assert load(run.stdout)["convoy"]["rows"]
    assert os.listdir(folder) == []
