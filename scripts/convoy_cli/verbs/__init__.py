"""One module a verb: NAME, SUMMARY, add_arguments(parser) and run(arguments) -> exit code.

NAME is the module's own name, so that a verb is found without importing the others.

Verbs that convoy-bench carries out are in PASSED_ON: their options are declared over there alone.
"""

from __future__ import annotations

from typing import NamedTuple, NoReturn, Optional

from ..core import bench


class PassedOn(NamedTuple):
    """A verb of convoy-bench, which takes this process over."""

    NAME: str
    SUMMARY: str
    EXAMPLES: str

    def run(self, preset: Optional[str], rest: list[str]) -> NoReturn:
        bench.become(self.NAME, preset, rest)


PASSED_ON = {
    verb.NAME: verb
    for verb in (
        PassedOn(
            "doctor",
            "check whether this machine is fit for measurements",
            """
  scripts/convoy doctor            findings, each with what to do; exit 4 if the machine is unfit
  scripts/convoy doctor --json     for a program
""",
        ),
        PassedOn(
            "list",
            "show workloads with their parameters, models, locks and benchmark names",
            """
  scripts/convoy list                           workloads, models, locks and suites
  scripts/convoy list --filter '^io_'           those workloads, with their parameters
  scripts/convoy list --names --suite smoke     the benchmarks of a suite
  scripts/convoy list --names --filter '^io_'   the benchmarks that match
  scripts/convoy list --json | jq .             for a program
""",
        ),
        PassedOn(
            "plan",
            "show the CPUs that each worker would get, without running anything",
            """
  scripts/convoy plan --place core --policy close --workers 4
  scripts/convoy plan --topology 'package:2 core:8 pu:2' --policy scatter --workers 8
  scripts/convoy plan --topology machine.xml --place l3 --policy spread --workers 3 --json
""",
        ),
        PassedOn(
            "run",
            "measure, and write a result file",
            """
  scripts/convoy run --suite smoke                       a minute: does everything work?
  scripts/convoy run --json results/mine.json            the quick suite, into a file
  scripts/convoy run --filter '^cpu_pi/' --model single,threads,processes --workers 1,2,4
  scripts/convoy run --gil none,cpython32:interval=1ms --filter io_sleep --param io_sleep.wait=5ms
  scripts/convoy run --place core --policy scatter --require-pinned --precision 1% --budget 60s
""",
        ),
        PassedOn(
            "topology",
            "draw the machine with the workers in it",
            """
  scripts/convoy topology                                       this machine
  scripts/convoy topology --workers 4 --policy scatter          with workers in it
  scripts/convoy topology --topology 'package:2 core:8 pu:2'    another machine
""",
        ),
    )
}
