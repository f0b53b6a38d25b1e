"""The schema accepts what it should, and names what is wrong with the rest."""

from __future__ import annotations

import copy
from typing import Any, Callable

import pytest
import synthetic
from convoy_cli.core.schema import compile_schema, first_breach
from convoy_cli.results import load

jsonschema = pytest.importorskip("jsonschema")

Damage = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    truth = synthetic.Truth(
        workloads=("cpu_pi", "io_tcp_echo"), models=("single", "threads"), workers=(1, 2), passes=2
    )
    return synthetic.document(truth)


def breach(document: Any, name: str = "schema.json") -> Any:
    """What our validator says; jsonschema must agree on whether there is anything to say."""
    schema = load.schema(name)
    found = first_breach(compile_schema(schema), document)
    assert (found is None) == jsonschema.Draft202012Validator(schema).is_valid(document), found
    return found


SCHEMAS = ["schema.json", "track.schema.json", "gate.schema.json"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(load.schema(name))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_is_described(name: str) -> None:
    def walk(schema: Any, path: str) -> None:
        for field, inner in schema.get("properties", {}).items():
            reference = inner.get("$ref", "").removeprefix("#/$defs/")
            described = inner | load.schema(name).get("$defs", {}).get(reference, {})
            assert described.get("description") or path.endswith("fact"), f"{path}.{field}"
            walk(inner, f"{path}.{field}")
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                walk(schema[key], path)

    schema = load.schema(name)
    walk(schema, name)
    for definition, inner in schema.get("$defs", {}).items():
        walk(inner, definition)


def test_a_made_up_result_fits(small: dict[str, Any]) -> None:
    assert breach(small) is None
    assert breach(synthetic.track(small), "track.schema.json") is None


def test_numbers_of_a_workloads_own_fit(small: dict[str, Any]) -> None:
    document = copy.deepcopy(small)
    row(document)["samples"][0]["figures"] = {"handoff_ns": 7.5, "never": None}
    assert breach(document) is None


def test_a_number_for_every_pair_of_workers_fits(small: dict[str, Any]) -> None:
    document = copy.deepcopy(small)
    matrix = {"name": "latency_ns", "unit": "ns", "values": [[None, 7.5], [8, None]]}
    row(document)["samples"][0]["matrix"] = matrix
    assert breach(document) is None


def test_a_result_of_nothing_fits(small: dict[str, Any]) -> None:
    document = copy.deepcopy(small)
    document["benchmarks"] = []
    document["convoy"] |= {"rows": [], "passes": 0, "interrupted": True, "suite": None}
    assert breach(document) is None


def row(document: dict[str, Any]) -> Any:
    return document["convoy"]["rows"][0]


def seat(document: dict[str, Any]) -> Any:
    return row(document)["samples"][0]["seats"][0]


DAMAGES: dict[str, Damage] = {
    "convoy": lambda d: d.pop("convoy"),
    "context.caches": lambda d: d["context"].update(caches={}),
    "benchmarks.0.real_time": lambda d: d["benchmarks"][0].update(real_time=0),
    "benchmarks.0.run_type": lambda d: d["benchmarks"][0].update(run_type="aggregate"),
    "benchmarks.0.counter": lambda d: d["benchmarks"][0].update(counter=None),
    "convoy.schema_version": lambda d: d["convoy"].update(schema_version=True),
    "convoy.created": lambda d: d["convoy"].update(created="yesterday"),
    "convoy.fingerprint": lambda d: d["convoy"].update(fingerprint="xyz"),
    "convoy.surprise": lambda d: d["convoy"].update(surprise=1),
    "convoy.facts.governor": lambda d: d["convoy"]["facts"].update(governor=None),
    "convoy.plan.precision": lambda d: d["convoy"]["plan"].update(precision=0),
    "convoy.rows.0.name": lambda d: row(d).update(name="cpu pi"),
    "convoy.rows.0.workers": lambda d: row(d).update(workers=1.5),
    "convoy.rows.0.interval_ns": lambda d: row(d).update(interval_ns=[1]),
    "convoy.rows.0.checksum": lambda d: row(d).update(checksum=5),
    "convoy.rows.0.gate": lambda d: row(d).update(gate="open"),
    "convoy.rows.0.samples": lambda d: row(d).update(samples=[]),
    "convoy.rows.0.samples.0.wall_ns": lambda d: row(d)["samples"][0].update(wall_ns="5"),
    "convoy.rows.0.samples.0.seats.0.cpu_ns": lambda d: seat(d).update(cpu_ns=-1),
    "convoy.rows.0.samples.0.seats.0.gil": lambda d: seat(d).update(gil={"waits": 1}),
    "convoy.rows.0.samples.0.seats.0.more": lambda d: seat(d).update(more=1),
    "convoy.rows.0.samples.0.figures.a": lambda d: row(d)["samples"][0].update(figures={"a": ""}),
    "convoy.rows.0.placement.0.cpus": lambda d: row(d)["placement"][0].update(cpus=["0"]),
    "convoy.rows.0.latency": lambda d: row(d).update(latency={"kind": "guess"}),
    "convoy.failed.0": lambda d: d["convoy"]["failed"].append({"name": "x"}),
}


@pytest.mark.parametrize("field", DAMAGES)
def test_damage_is_found_and_named(field: str, small: dict[str, Any]) -> None:
    document = copy.deepcopy(small)
    DAMAGES[field](document)
    found = breach(document)
    assert found is not None
    where, message = found
    missing = f"{where}.{message}" if where != "the top" else message
    assert field.startswith(where) or field in missing


def test_every_required_field_is_missed(small: dict[str, Any]) -> None:
    schema = load.schema()
    for name in schema["$defs"]["row"]["required"]:
        document = copy.deepcopy(small)
        del document["convoy"]["rows"][0][name]
        assert breach(document) == ("convoy.rows.0", f"'{name}' is missing")
