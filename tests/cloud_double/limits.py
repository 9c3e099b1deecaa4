"""The limits of fields that the API's descriptors state, checked on a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from yandex.cloud import validation_pb2 as rules

_RANGE = re.compile(r"(\d+)-(\d+)")
_BOUND = re.compile(r"(<=|>=|<|>|)(\d+)")


def problems_of(message: Any, path: str = "") -> Iterator[str]:
    """Every way in which a message breaks what its descriptor says, as one line each."""
    for field in message.DESCRIPTOR.fields:
        where = f"{path}{field.name}"
        if _is_missing(message, field):
            if field.GetOptions().Extensions[rules.required]:
                yield f"{where} is required"
            continue
        yield from _field_problems(getattr(message, field.name), field, where)
    for oneof in message.DESCRIPTOR.oneofs:
        if oneof.GetOptions().Extensions[rules.exactly_one] and not message.WhichOneof(oneof.name):
            yield f"{path}{oneof.name}: exactly one is required"


def _is_missing(message: Any, field: FieldDescriptor) -> bool:
    if field.is_repeated:
        return len(getattr(message, field.name)) == 0
    if field.message_type is not None:
        return not message.HasField(field.name)
    return bool(getattr(message, field.name) == field.default_value)


def _field_problems(value: Any, field: FieldDescriptor, where: str) -> Iterator[str]:
    options = field.GetOptions().Extensions
    if field.is_repeated:
        if options[rules.size] and not fits(len(value), options[rules.size]):
            yield f"{where} has {len(value)} items, allowed are {options[rules.size]}"
        yield from _item_problems(value, field, where)
    elif field.message_type is not None:
        yield from problems_of(value, f"{where}.")
    else:
        yield from _scalar_problems(value, field, where)


def _item_problems(values: Any, field: FieldDescriptor, where: str) -> Iterator[str]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        spec = field.GetOptions().Extensions[rules.map_key]
        for key, value in values.items():
            yield from _text_problems(key, spec.length, spec.pattern, f"{where}[{key}]: the key")
            if isinstance(value, str):
                yield from _scalar_problems(value, field, f"{where}[{key}]")
    elif field.message_type is not None:
        for index, value in enumerate(values):
            yield from problems_of(value, f"{where}[{index}].")
    else:
        for index, value in enumerate(values):
            yield from _scalar_problems(value, field, f"{where}[{index}]")


def _scalar_problems(value: Any, field: FieldDescriptor, where: str) -> Iterator[str]:
    options = field.GetOptions().Extensions
    if isinstance(value, str):
        yield from _text_problems(value, options[rules.length], options[rules.pattern], where)
    elif options[rules.value] and not fits(value, options[rules.value]):
        yield f"{where} is {value}, allowed is {options[rules.value]}"


def _text_problems(text: str, length: str, pattern: str, where: str) -> Iterator[str]:
    if length and not fits(len(text), length):
        yield f"{where} has {len(text)} characters, allowed are {length}"
    if pattern and not re.fullmatch(pattern, text):
        yield f"{where} is {text!r} and must match {pattern}"


def fits(number: float, rule: str) -> bool:
    """Whether a number keeps a rule such as "<=256", "1-63" or "36"."""
    if between := _RANGE.fullmatch(rule):
        return int(between[1]) <= number <= int(between[2])
    bound = _BOUND.fullmatch(rule)
    # A rule of another form is none that we know.
    if bound is None:
        return True
    limit = int(bound[2])
    compared = {
        "<=": number <= limit,
        "<": number < limit,
        ">=": number >= limit,
        ">": number > limit,
        "": number == limit,
    }
    return compared[bound[1]]
