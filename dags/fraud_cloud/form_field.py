"""A field of a DAG's form, and whether a value fits it. Pure.

Airflow checks values itself, but only when the campaign is begun: after the preflight, which takes
a quarter of an hour and costs money. Keywords of JSON Schema that no field of ours has are left to
it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        default: its value where none is given.
        schema: of its values, JSON Schema.
    """

    default: Any = None
    schema: Mapping[str, Any] = field(default_factory=dict)


def problem(value: Any, schema: Mapping[str, Any]) -> str | None:  # noqa: ANN401 - JSON of many forms
    """Why a value does not fit; None where it does.

    Args:
        value: as JSON has it.
        schema: of the field, or of the items of a list.
    """
    return next(_problems(value, schema), None)


def _problems(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:  # noqa: ANN401
    types = schema.get("type", [])
    names = [types] if isinstance(types, str) else list(types)
    if names and not any(_is(value, name) for name in names):
        yield f"{value!r} is not of type {' or '.join(names)}"
        return
    for keyword, (kinds, holds, said) in _BOUNDS.items():
        bound = schema.get(keyword)
        if bound is not None and isinstance(value, kinds) and not holds(value, bound):
            yield f"{value!r} {said.format(bound)}"
    if isinstance(value, list):
        for item in value:
            yield from _problems(item, schema.get("items") or {})


def _is(value: Any, name: str) -> bool:  # noqa: ANN401
    """JSON's true and false are no numbers, though Python's are."""
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES.get(name, (object,)))


def _distinct(value: list[Any], wanted: bool) -> bool:
    return not wanted or all(one not in value[:place] for place, one in enumerate(value))


_Holds = Callable[[Any, Any], bool]
_BOUNDS: Mapping[str, tuple[tuple[type, ...], _Holds, str]] = {
    "enum": ((object,), lambda value, bound: value in bound, "is not one of {}"),
    "minimum": ((int, float), lambda value, bound: value >= bound, "is less than {}"),
    "maximum": ((int, float), lambda value, bound: value <= bound, "is more than {}"),
    "exclusiveMinimum": ((int, float), lambda value, bound: value > bound, "is not more than {}"),
    "minLength": ((str,), lambda value, bound: len(value) >= bound, "is shorter than {}"),
    "pattern": (
        (str,),
        lambda value, bound: re.search(bound, value) is not None,
        "does not look like {}",
    ),
    "minItems": ((list,), lambda value, bound: len(value) >= bound, "has less than {} items"),
    "uniqueItems": ((list,), _distinct, "names something twice"),
}
