#!/usr/bin/python3
"""Whether a run claims what a quiet run refutes: tests/claims/contradict.py QUIET.json OTHER.json

Reads two result files of the same selection, of which the second may have been taken on a busy
machine, and prints each claim of its summary that the first contradicts.
Exit: 0 none, 1 some, 2 usage.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from convoy_cli.answer.certainty import contradictions  # noqa: E402
from convoy_cli.answer.summary import answer, document  # noqa: E402
from convoy_cli.core.errors import ExitCode, UsageError  # noqa: E402
from convoy_cli.results import load  # noqa: E402


def main(words: list[str]) -> int:
    if len(words) != 2 or words[0].startswith("-"):
        print((__doc__ or "").strip(), file=sys.stderr)
        return ExitCode.USAGE
    try:
        quiet, other = (document(answer(load.load(word))) for word in words)
    except UsageError as error:
        print(f"contradict: {error}", file=sys.stderr)
        return ExitCode.USAGE
    found = contradictions(quiet, other)
    for each in found:
        print(each)
    claims = sum(claim["resolved"] for claim in other["use"])
    told = f"{claims} of {len(other['use'])} claims resolved, {len(found)} contradicted"
    print(f"contradict: {told}", file=sys.stderr)
    return ExitCode.FAILED_ROWS if found else ExitCode.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
