import csv
import io

from benchmarks.csv_tables import sample_rows, samples_table, steps_table
from benchmarks.result import WaitUse
from tests.unit.benchmarks.records import START_S, offsets, uses
from tests.unit.benchmarks.results import run_of, step_of


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_step_is_one_row_with_units_in_its_columns():
    waited = step_of().model_copy(
        update={"waits": [WaitUse(role="broker", thread="kafka-io", share=0.02)]}
    )
    unmeasured = step_of("spark").model_copy(update={"latency_ms": None, "drain_s": None})
    first, second = rows_of(steps_table(run_of(waited, unmeasured)))
    assert first["step"] == "faust-x1-10eps"
    assert first["cell"] == "faust-1"
    assert first["verdict"] == "sustainable"
    assert float(first["latency_ms.p99"]) == 40
    assert float(first["use.engine.cores"]) == 0.5
    assert float(first["wait_share.broker"]) == 0.02
    assert second["wait_share.broker"] == ""
    assert second["latency_ms.p99"] == ""
    assert second["drain_s"] == ""


def test_samples_are_in_long_form_in_seconds_since_the_first_due_time():
    step = step_of()
    rows = rows_of(samples_table(sample_rows(step, START_S, offsets(growth_eps=1.0), uses())))
    at_30 = {row["series"]: float(row["value"]) for row in rows if row["at_s"] == "30.010"}
    assert at_30 == {"in_events": 300, "out_events": 270, "backlog_events": 30}
    assert {row["step"] for row in rows} == {"faust-x1-10eps"}
    assert {row["series"] for row in rows} > {"cpu_s.engine", "memory_bytes.engine"}
