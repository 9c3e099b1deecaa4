from __future__ import annotations

from pathlib import Path

from scripts.homework import MISSING, page
from scripts.records import Records
from scripts.tasks import COUNT, load_board
from tests.unit.scripts.records_of import DAG_RUN, UP, VERIFIED, run

HERE = Path("docs")


def test_without_records_every_task_is_there_and_shown_as_missing():
    text = page(load_board(), Records(), HERE)

    assert text.count("\n## ") == COUNT + 2
    # Each task, both targets, and the rate at which the queue grows.
    assert text.count(MISSING) == COUNT + 3
    assert "выполнено" not in text


def test_with_the_clouds_records_each_task_has_its_evidence():
    records = Records(
        up=UP,
        run=DAG_RUN,
        verify=VERIFIED,
        kanban={"url": "https://example.com/board"},
        cloud_run=run("there"),
    )

    text = page(load_board(), records, HERE)

    assert MISSING not in text
    assert text.count("выполнено в облаке") == 2 * COUNT
    for said in ("id-kafka-cluster, версия 4.0", "manual__1", "https://example.com/board"):
        assert said in text


def test_the_answer_for_each_target_names_the_run_and_what_was_not_held():
    text = page(load_board(), Records(local_runs=(run("here"),)), HERE)

    assert "- 50: faust: 1 (измерено) (запуск here)" in text
    assert "- 400: faust: ни одно из измеренных чисел экземпляров не выдержало" in text
    assert "очередь растёт между 1500 и 1575" in text


def test_links_lead_from_the_page_to_the_report():
    text = page(load_board(), Records(local_runs=(run("here"),)), HERE)

    assert "[here](../results/here/report.html)" in text
