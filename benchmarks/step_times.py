"""How long a step of a plan runs under load."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class StepTimes(BaseModel):
    """How long a step runs under load."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warmup_s: float = Field(20, ge=0, description="load before the window, seconds")
    warmup_most_s: float | None = Field(
        None, description="so long at most while what the start left is worked off; none: warmup_s"
    )
    measure_s: float = Field(60, gt=0, description="the window that is judged, seconds")
    block_s: float = Field(
        10, gt=0, description="block of the trend, seconds; the window needs six of them"
    )
    extend: bool = Field(True, description="double the window once where the trend does not decide")
    settle_s: float = Field(0, ge=0, description="rest between two steps, seconds")

    @model_validator(mode="after")
    def _most_is_more(self) -> StepTimes:
        if self.warmup_most_s is not None and self.warmup_most_s < self.warmup_s:
            message = (
                f"warmup_most_s is {self.warmup_most_s:g} and warmup_s {self.warmup_s:g}: the "
                "longest warm-up is no shorter than the usual one; leave it out, or raise it"
            )
            raise ValueError(message)
        return self
