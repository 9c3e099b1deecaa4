"""The part of a result that sizes a deployment: scaling, instance sizes, cost. Pure.

Units are in the names. `null` means not known, or, at the upper end of an interval, no bound.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.cost import Part
from benchmarks.scaling import Law


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EstimateResult(_Part):
    """A number and the interval that it lies in."""

    value: float | None = Field(description="null: without bound")
    low: float | None
    high: float | None


class CapacityPoint(_Part):
    """What one instance count holds."""

    instances: int
    low_eps: float = Field(description="highest rate held")
    high_eps: float = Field(description="lowest rate lost")
    confirmed: bool = Field(description="both ends have their repeated runs")
    efficiency: EstimateResult | None = Field(
        description="capacity / (instances x capacity of one); null: one was not measured"
    )


class FittedPoint(_Part):
    """What a fit says of one instance count."""

    instances: int
    eps: float
    low_eps: float
    high_eps: float


class ScalingResult(_Part):
    """How the capacity of one engine grows with its instances, at one instance size."""

    engine: str
    cpu: float | None = Field(description="CPU quota of each instance, cores; null: none asked")
    memory_mb: int | None = Field(description="memory of each, millions of bytes; null: none asked")
    counts: list[CapacityPoint] = Field(description="counts rising; at least two")
    law: Law = Field(
        description="line: through the origin, below four counts; usl: Universal Scalability Law"
    )
    eps_per_instance: EstimateResult = Field(
        description="slope of the line; in the law the rate of the first instance"
    )
    r_squared: float | None = Field(description="about the mean of the capacities")
    contention: EstimateResult | None = Field(description="a of the law; null: a line")
    coherence: EstimateResult | None = Field(description="b of the law; null: a line")
    peak_instances: EstimateResult | None = Field(
        description="more instances than this hold less; null: a line"
    )
    fitted: list[FittedPoint] = Field(
        description="rates of the fit, up to twice the largest count that was measured"
    )
    sentence: str

    @property
    def largest(self) -> int:
        """The largest count that was measured."""
        return self.counts[-1].instances


class SizeAnswer(_Part):
    """Demand at one instance size: instances, and cores, that one target rate needs."""

    engine: str
    target_eps: float
    cpu: float = Field(description="CPU quota of each instance, cores")
    instances: int | None = Field(description="smallest count that held it; null: none did")
    cores: float | None = Field(description="instances x quota")
    verified: bool = Field(description="held by runs, and lost by runs with one instance less")
    decided: bool = Field(True, description="held by a count, or known to be lost by all tested")
    inferred: bool = Field(
        False, description="not run: an instance of a smaller size held the rate alone"
    )


class CostResult(_Part):
    """What a million events cost at a rate that was held; in the currency of the plan's prices."""

    engine: str
    instances: int
    cpu: float | None = Field(description="CPU quota of each instance, cores; null: none asked")
    memory_mb: int | None = Field(description="memory of each, millions of bytes; null: none asked")
    rate_eps: float
    part: Part = Field(description="instances; overhead: Spark's driver, the runner of a group")
    provisioned: float | None = Field(
        description="for what is up, used or not; null: its size is not known"
    )
    used: float | None = Field(description="for the CPU time that was used; null: not measured")
