"""What follows from the program's tables of counters: parts of the schema and of the docs."""

from __future__ import annotations

import json
import re
from typing import Any

from schema_pages import ROOT, table

SCHEMA = ROOT / "results" / "schema.json"
PAGE = ROOT / "docs" / "reference" / "counters.md"
# Where the schema describes a part: of each seat, and of the sample as a whole.
OF_SEATS = dict.fromkeys(("time", "waits", "kernel"), "seat_sample") | {"gil": "seat_gil"}
OF_SAMPLES = {"gil": "gil_sample", "hardware": "hardware"}

Json = dict[str, Any]


def property_of(counter: Json) -> str:
    """A counter's line in the schema, without a comma."""
    kind = "span_ns" if counter["unit"] == "ns" else "count"
    meaning = counter["description"]
    if counter["may_be_unknown"]:
        kind, meaning = kind + "_or_null", meaning + " Null where the kernel does not say."
    words = [json.dumps(word, ensure_ascii=False) for word in (f"#/$defs/{kind}", meaning)]
    return f'{{ "$ref": {words[0]}, "description": {words[1]} }}'


def with_property(schema: str, definition: str, key: str, line: str) -> str:
    """The schema's text with a property of a definition written anew, or added as its last."""
    begin = schema.index(f'\n    "{definition}": {{')
    begin = schema.index('\n      "properties": {\n', begin)
    end = schema.index("\n      }", begin)
    part = schema[begin:end]
    known = re.compile(rf'^        "{key}": .*?(,?)$', re.MULTILINE)
    new = f'        "{key}": {line}'
    if known.search(part):
        part = known.sub(lambda found: new + found[1], part)
    else:
        part += f",\n{new}"
    return schema[:begin] + part + schema[end:]


def schema(counters: list[Json]) -> str:
    """results/schema.json with what seats count."""
    text = SCHEMA.read_text(encoding="utf-8")
    for counter in counters:
        places = [OF_SEATS.get(counter["part"])] if counter["of_seats"] else []
        for place in [*places, OF_SAMPLES.get(counter["part"])]:
            if place:
                text = with_property(text, place, counter["key"], property_of(counter))
    return text


def page(counters: list[Json]) -> str:
    """docs/reference/counters.md with the table of each section."""
    text = PAGE.read_text(encoding="utf-8")
    for section in dict.fromkeys(counter["section"] for counter in counters):
        lines = table(
            ["counter", "unit", "of the", "meaning"],
            [
                [f"`{each['name']}`", each["unit"], each["of"], each["description"]]
                for each in counters
                if each["section"] == section
            ],
        )
        heading = rf"^(## {re.escape(section)}\n(?:(?!## |\|).*\n)*)"
        own = re.compile(heading + r"(?:\|.*\n)*", re.MULTILINE)
        text, found = own.subn(lambda part: part[1] + "\n".join(lines) + "\n", text)
        if found != 1:
            raise ValueError(f"{PAGE.name} has no heading '## {section}': write one, and why")
    return text
