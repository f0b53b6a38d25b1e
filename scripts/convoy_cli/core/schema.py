"""Checks JSON against the part of JSON Schema that Convoy's schemas use; standard library only.

python3-jsonschema would do, but takes half a minute for a big result file, and drawing a chart
should not need it. The tests hold both against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Gives (path, message) for each breach; the path is given from the innermost field outwards.
# No iterators, and one object for nothing: a big result file has millions of values.
Breach = tuple[tuple[object, ...], str]
Check = Callable[[Any], Sequence[Breach]]
SOUND: Sequence[Breach] = ()

_NOTES = {"$schema", "$id", "$defs", "title", "description"}
_OF_OBJECTS = {"required", "properties", "additionalProperties"}
# The types whose values are all of that kind; is_type knows the others.
_EXACT: dict[str, tuple[type, ...]] = {
    "null": (type(None),), "boolean": (bool,), "integer": (int,), "number": (int, float),
    "string": (str,), "array": (list,), "object": (dict,),
}  # fmt: skip


def compile_schema(schema: Mapping[str, Any]) -> Check:
    """A function that gives the breaches of `schema` in a document."""
    return _Compiler(schema).check(schema)


def first_breach(check: Check, document: Any) -> tuple[str, str] | None:
    """Where and what the first breach is, as text; None if the document is valid."""
    found = check(document)
    if not found:
        return None
    path, message = found[0]
    return ".".join(str(part) for part in reversed(path)) or "the top", message


def is_type(value: Any, name: str) -> bool:
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    if name == "integer":
        return (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, float) and value.is_integer()
        )
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "array": list, "object": dict}[name])


def _exact_types(names: str | Sequence[str]) -> set[type]:
    """The types whose values need no closer look."""
    wanted = [names] if isinstance(names, str) else names
    return {kind for name in wanted for kind in _EXACT[name]}


class _Compiler:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self.definitions = root.get("$defs", {})
        self.made: dict[str, Check] = {}

    def check(self, schema: Mapping[str, Any]) -> Check:
        checks = [
            getattr(self, "_" + key.strip("$"))(value)
            for key, value in schema.items()
            if key not in _NOTES and key not in _OF_OBJECTS
        ]
        if _OF_OBJECTS & schema.keys():
            checks.append(self._object(schema))
        if len(checks) == 1:
            return checks[0]  # type: ignore[no-any-return]

        def every(value: Any) -> Sequence[Breach]:
            found = SOUND
            for check in checks:
                if more := check(value):
                    found = [*found, *more]
            return found

        exact, least = _exact_types(schema.get("type", ())), schema.get("minimum", 0)
        if schema.keys() - _NOTES != {"type", "minimum"} or not exact <= {int, float, type(None)}:
            return every

        def number(value: Any) -> Sequence[Breach]:
            """The same; most values are such numbers, and sound."""
            if type(value) in exact and (value is None or value >= least):
                return SOUND
            return every(value)

        return number

    def _ref(self, target: str) -> Check:
        name = target.removeprefix("#/$defs/")
        if name not in self.made:
            self.made[name] = self.check(self.definitions[name])
        return self.made[name]

    def _type(self, names: str | list[str]) -> Check:
        wanted = [names] if isinstance(names, str) else names
        exact = _exact_types(wanted)

        def check(value: Any) -> Sequence[Breach]:
            if type(value) in exact or any(is_type(value, name) for name in wanted):
                return SOUND
            return [((), f"{_short(value)} is not {' or '.join(wanted)}")]

        return check

    def _const(self, wanted: Any) -> Check:
        return self._enum([wanted])

    def _enum(self, wanted: list[Any]) -> Check:
        def check(value: Any) -> Sequence[Breach]:
            # In Python 1 == True, in JSON not.
            if any(type(value) is type(one) and value == one for one in wanted):
                return SOUND
            return [((), f"{_short(value)} is not {' or '.join(map(_short, wanted))}")]

        return check

    def _anyOf(self, choices: list[Mapping[str, Any]]) -> Check:
        checks = [self.check(choice) for choice in choices]

        def check(value: Any) -> Sequence[Breach]:
            last = SOUND
            for choice in checks:
                last = choice(value)
                if not last:
                    return SOUND
            return last[:1]

        return check

    def _items(self, schema: Mapping[str, Any]) -> Check:
        inner = self.check(schema)

        def check(value: Any) -> Sequence[Breach]:
            if not isinstance(value, list):
                return SOUND
            found = SOUND
            for index, item in enumerate(value):
                if more := inner(item):
                    found = [*found, *_within(index, more)]
            return found

        return check

    def _object(self, schema: Mapping[str, Any]) -> Check:
        required = schema.get("required", [])
        fields = {key: self.check(value) for key, value in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties", True)
        others = self.check(more) if isinstance(more, dict) else None
        others_forbidden = more is False

        def check(value: Any) -> Sequence[Breach]:
            if not isinstance(value, dict):
                return SOUND
            found = SOUND
            if missing := [key for key in required if key not in value]:
                found = [((), f"{key!r} is missing") for key in missing]
            for key, item in value.items():
                field = fields.get(key, others)
                if field is not None:
                    if breaches := field(item):
                        found = [*found, *_within(key, breaches)]
                elif others_forbidden:
                    found = [*found, ((), f"{key!r} is not a field of the schema")]
            return found

        return check

    def _pattern(self, pattern: str) -> Check:
        search = re.compile(pattern).search
        return _test(str, lambda value: search(value) is not None, f"does not match {pattern}")

    def _minLength(self, least: int) -> Check:
        return _test(str, lambda value: len(value) >= least, f"is shorter than {least}")

    def _minItems(self, least: int) -> Check:
        return _test(list, lambda value: len(value) >= least, f"has fewer than {least} entries")

    def _maxItems(self, most: int) -> Check:
        return _test(list, lambda value: len(value) <= most, f"has more than {most} entries")

    def _minimum(self, least: float) -> Check:
        return _test((int, float), lambda value: bool(value >= least), f"is less than {least}")

    def _maximum(self, most: float) -> Check:
        return _test((int, float), lambda value: bool(value <= most), f"is more than {most}")

    def _exclusiveMinimum(self, bound: float) -> Check:
        return _test((int, float), lambda value: bool(value > bound), f"is not more than {bound}")


def _test(kind: Any, holds: Callable[[Any], bool], message: str) -> Check:
    def check(value: Any) -> Sequence[Breach]:
        if isinstance(value, kind) and not isinstance(value, bool) and not holds(value):
            return [((), f"{_short(value)} {message}")]
        return SOUND

    return check


def _within(key: object, breaches: Sequence[Breach]) -> list[Breach]:
    return [((*path, key), message) for path, message in breaches]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
