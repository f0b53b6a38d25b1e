"""What of the command line of the verb profile becomes the program's."""

from __future__ import annotations

import pytest
from convoy_cli import cli
from convoy_cli.profile import session


def selected(*words: str) -> list[str]:
    parser = cli.parser_of(cli.discover()["profile"])
    return session.selection(parser.parse_args([*words]))


@pytest.mark.parametrize(
    "words, expected",
    [
        (["^io_"], ["--filter", "^io_"]),
        (["cpu_pi"], ["--filter", "^cpu_pi(/|$)"]),
        (["cpu_pi/model:threads/gil:cpython32/place:core.close/workers:2/n:500"],
         ["--filter", "^cpu_pi(/|$)", "--model", "threads", "--gil", "cpython32", "--workers", "2",
          "--param", "cpu_pi.n=500"]),
        (["cpu_pi/place:l3.scatter:numa/smt:off"],
         ["--filter", "^cpu_pi(/|$)", "--place", "l3", "--policy", "scatter:numa", "--smt", "off"]),
        (["cpu_pi/model:fibers/stack:16KiB"],
         ["--filter", "^cpu_pi(/|$)", "--model", "fibers", "--fiber-stack", "16KiB"]),
        (["io_redis/gil:none/peer:external/workers:2", "--target", "io_redis=127.0.0.1:6379"],
         ["--filter", "^io_redis(/|$)", "--gil", "none", "--workers", "2", "--target",
          "io_redis=127.0.0.1:6379"]),
        (["cpu_pi/gil:none/place:none"],
         ["--filter", "^cpu_pi(/|$)", "--gil", "none", "--policy", "none"]),
        (["cpu_pi/gil:none", "--gil", "ticket", "--param", "cpu_pi.n=7"],
         ["--filter", "^cpu_pi(/|$)", "--gil", "ticket", "--param", "cpu_pi.n=7"]),
    ],
)  # fmt: skip
def test_a_name_says_what_options_say(words: list[str], expected: list[str]) -> None:
    assert selected(*words) == expected
