"""How cells and steps are named in results, files and topics. Pure."""

from __future__ import annotations


def place_of(engine: str, instances: int, size_name: str = "") -> str:
    """What the names of a cell's steps begin with: `faust-x2`, `faust-x2-c0.25`."""
    return "-".join(filter(None, (engine, f"x{instances}", size_name)))


def step_id(place: str, rate_eps: float, repetition: int = 1) -> str:
    """Name of a step: lower case, no character that a topic or a file name cannot hold."""
    name = f"{place}-{rate_eps:g}eps".replace("+", "")
    return name if repetition == 1 else f"{name}-r{repetition}"


def cell_id(engine: str, instances: int, size_name: str = "") -> str:
    """Name of a cell, as `--cell` takes it: `faust-2`, `faust-2-c0.25`."""
    return "-".join(filter(None, (engine, str(instances), size_name)))


class Elsewhere(str):
    """Name of an engine that somebody else starts, with as many instances as they say.

    It may be the name of one of ours.
    """

    __slots__ = ()
