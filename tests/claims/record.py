#!/usr/bin/python3
"""Shortens a result file to what its claims follow from: tests/claims/record.py X.json Y.json.gz

The tests replay what it wrote. Seats, latencies, checksums and facts of the machine are left out.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

ROW = (
    "name", "workload", "family", "model", "gil", "place", "workers", "carriers", "seats", "peer",
    "parameters", "converged", "pinned", "pinned_reason", "disturbed", "interval_ns",
    "virtual_topology", "controller_shares_pu",
)  # fmt: skip
SAMPLE = ("pass", "real_time_ns", "disturbed")
CONVOY = (
    "schema_version", "created", "suite", "seed", "interrupted", "passes", "findings",
    "disturbance", "plan", "failed",
)  # fmt: skip


def shortened(document: dict[str, Any]) -> dict[str, Any]:
    convoy = document["convoy"]
    rows = []
    for row in convoy["rows"]:
        kept = {key: row[key] for key in ROW}
        kept |= {"checksum": None, "answer": row["answer"], "placement": None, "latency": None}
        kept["samples"] = [{key: sample[key] for key in SAMPLE} for sample in row["samples"]]
        rows.append(kept)
    kept = {key: convoy[key] for key in CONVOY}
    facts = {"cpu_model": "recorded"}
    return {
        "context": {"num_cpus": document["context"]["num_cpus"]},
        "convoy": kept | {"facts": facts, "rows": rows},
    }


def main(words: list[str]) -> int:
    if len(words) != 2 or words[0].startswith("-"):
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    document = json.loads(Path(words[0]).read_text("utf-8"))
    text = json.dumps(shortened(document), separators=(",", ":"))
    Path(words[1]).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
