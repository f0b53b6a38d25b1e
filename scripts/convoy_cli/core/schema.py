"""Checks JSON against the part of JSON Schema that Convoy's schemas use; standard library only.

python3-jsonschema would do, but takes half a minute for a big result file, and drawing a chart
should not need it. The tests hold both against each other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional

# Gives (path, message) for each breach; the path is given from the innermost field outwards.
# No iterators, and one object for nothing: a big result file has millions of values.
Breach = tuple[tuple[object, ...], str]
Check = Callable[[Any], Sequence[Breach]]
SOUND: Sequence[Breach] = ()
# The exact types that a value may have, and its least value: most values need no other check.
Plain = tuple[frozenset[type], Optional[float]]

_NOTES = {"$schema", "$id", "$defs", "title", "description"}
_LENGTHS = {"minItems", "maxItems"}
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


def _exact_types(names: str | Sequence[str]) -> frozenset[type]:
    """The types whose values need no closer look."""
    wanted = [names] if isinstance(names, str) else names
    return frozenset(kind for name in wanted for kind in _EXACT[name])


class _Compiler:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self.definitions = root.get("$defs", {})
        self.made: dict[str, Check] = {}

    def check(self, schema: Mapping[str, Any]) -> Check:
        checks: list[Check] = [
            getattr(self, "_" + key.strip("$"))(value)
            for key, value in schema.items()
            if key not in _NOTES and key not in _OF_OBJECTS
        ]
        if _OF_OBJECTS & schema.keys():
            checks.append(self._object(schema))
        if len(checks) == 1:
            return checks[0]

        def every(value: Any) -> Sequence[Breach]:
            found = SOUND
            for check in checks:
                if more := check(value):
                    found = [*found, *more]
            return found

        if len(checks) == 2 and not schema.keys() - _NOTES - _OF_OBJECTS - {"type"}:
            typed, inside = checks
            return lambda value: inside(value) if type(value) is dict else typed(value)
        quick = self.quick(schema)
        if quick is None:
            return every
        sound = quick
        return lambda value: SOUND if sound(value) else every(value)

    def quick(self, schema: Mapping[str, Any]) -> Optional[Callable[[Any], bool]]:
        """For short lists of numbers, of which a result has most: whether one is sound at once."""
        if not {"type", "items"} <= schema.keys() - _NOTES <= {"type", "items", *_LENGTHS}:
            return None
        (exact, floor), kinds = self.plain(schema["items"]), _exact_types(schema["type"])
        low, high = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        if list not in kinds or not exact or type(None) in exact:
            return None
        least = -math.inf if floor is None else floor

        def sound(value: Any) -> bool:
            if type(value) is not list or not low <= len(value) <= high:
                return False
            for item in value:
                if type(item) not in exact or (floor is not None and item < least):
                    return False
            return True

        return sound

    def plain(self, schema: Mapping[str, Any]) -> Plain:
        """Whose values are sound without a call of the schema's check; no types: nobody's."""
        if schema.keys() - _NOTES == {"$ref"}:
            return self.plain(self.definitions[schema["$ref"].removeprefix("#/$defs/")])
        exact, least = _exact_types(schema.get("type", ())), schema.get("minimum")
        counts = exact <= {int, float, type(None)}
        known = {"type"} if least is None else {"type", "minimum"} if counts else set()
        return (exact if schema.keys() - _NOTES == known else frozenset(), least)

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
        texts = {each for each in wanted if isinstance(each, str)}

        def check(value: Any) -> Sequence[Breach]:
            if type(value) is str and value in texts:
                return SOUND
            # In Python 1 == True, in JSON not.
            if any(type(value) is type(one) and value == one for one in wanted):
                return SOUND
            return [((), f"{_short(value)} is not {' or '.join(map(_short, wanted))}")]

        return check

    def _anyOf(self, choices: list[Mapping[str, Any]]) -> Check:
        checks = [self.check(choice) for choice in choices]
        exact = frozenset[type]().union(
            *(kinds for kinds, least in map(self.plain, choices) if least is None)
        )
        # Null is found by its type, so nobody asks that choice and gets a message for nothing.
        asked = [c for c, choice in zip(checks, choices) if choice.get("type") != "null"]

        def check(value: Any) -> Sequence[Breach]:
            if type(value) in exact:
                return SOUND
            for choice in asked:
                if not choice(value):
                    return SOUND
            return checks[-1](value)[:1]

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
        needed = frozenset(required)
        fields = {
            key: (*self.plain(value), self.check(value))
            for key, value in schema.get("properties", {}).items()
        }
        more = schema.get("additionalProperties", True)
        others = (*self.plain(more), self.check(more)) if isinstance(more, dict) else None
        others_forbidden = more is False

        def check(value: Any) -> Sequence[Breach]:
            if not isinstance(value, dict):
                return SOUND
            found = SOUND
            if not needed <= value.keys():
                found = [((), f"{key!r} is missing") for key in required if key not in value]
            for key, item in value.items():
                field = fields.get(key, others)
                if field is not None:
                    exact, least, inner = field
                    if type(item) in exact and (least is None or item is None or item >= least):
                        continue
                    if breaches := inner(item):
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
