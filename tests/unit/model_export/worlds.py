"""Small simulated files for tests."""

from __future__ import annotations

from datetime import date

from model_export.course_format import write_files
from model_export.dirt import choose_dirt
from model_export.simulate import SimulationPlan, simulate

SMALL = SimulationPlan(seed=3, days=60, customers=250, terminals=500, start=date(2018, 6, 1))
"""27,000 transactions; the default stream begins on 2018-07-13."""


def write_small(folder, *, plan=SMALL, dirt=0.0):
    rows = simulate(plan)
    spoiler = choose_dirt(len(rows), dirt, plan.seed)
    write_files(rows, plan, folder, spoiler)
    return rows, spoiler
