from __future__ import annotations

from pathlib import Path

from scripts.homework import MISSING, page
from scripts.records import Records, Run
from scripts.tasks import COUNT, load_board
from tests.unit.scripts.records_of import DAG_RUN, UP, VERIFIED, campaign, run

HERE = Path("docs")


def test_without_records_every_task_is_there_and_shown_as_missing():
    text = page(load_board(), Records(), HERE)

    assert text.count("\n## ") == COUNT + 2
    # Each task, both targets, and the rate at which the queue of each engine grows.
    assert text.count(MISSING) == COUNT + 2 + 2
    assert "выполнено" not in text


def test_with_the_clouds_records_each_task_has_its_evidence():
    records = Records(
        up=UP,
        dag_runs=(DAG_RUN,),
        verify=VERIFIED,
        kanban={"url": "https://example.com/board"},
        cloud_runs=(run("there"),),
    )

    text = page(load_board(), records, HERE)

    # The campaign has no rate at which Spark's queue grows.
    assert text.count(MISSING) == 1
    assert f"- spark: {MISSING}" in text
    assert text.count("выполнено в облаке") == 2 * COUNT
    for said in ("id-kafka-cluster, версия 4.0", "manual__1", "https://example.com/board"):
        assert said in text


def test_the_answer_for_each_target_names_the_run_and_what_was_not_held():
    text = page(load_board(), Records(local_runs=(run("here"),)), HERE)

    assert "- 50: faust (CPU 0,25): 1 экземпляр (подтверждено запусками); запуск here" in text
    assert "- 400: faust (CPU 0,25): ни одно из измеренных чисел экземпляров не выдержало" in text
    assert "faust (CPU 0,25), 1 экземпляр: очередь растёт между 1500 и 1575 событиями" in text


def test_links_lead_from_the_page_to_the_report():
    text = page(load_board(), Records(local_runs=(run("here"),)), HERE)

    assert "[here](../results/here/report.html): 50 в секунду — faust" in text


def test_the_page_is_in_russian_but_for_names(tmp_path: Path):
    folder = tmp_path / "here"
    for name in ("backlog-faust-1.png", "latency.png"):
        (folder / "charts").mkdir(parents=True, exist_ok=True)
        (folder / "charts" / name).touch()
    records = Records(local_runs=(Run(folder, campaign("here")),))

    text = page(load_board(), records, tmp_path)

    assert "A sentence." not in text
    assert "[очередь: faust-1](here/charts/backlog-faust-1.png)" in text
    assert "[задержка](here/charts/latency.png)" in text
