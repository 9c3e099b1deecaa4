from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from scripts.homework import MISSING, app, page
from scripts.records import Records, Run
from scripts.tasks import COUNT, load_board
from tests.unit.pages.named_in_pages import links_of
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
        cloud_runs=(run("there", published=True),),
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


def test_links_lead_from_the_page_to_what_the_repository_has_and_nowhere_else():
    runs = (run("there", published=True), run("here"))

    text = page(load_board(), Records(local_runs=runs), HERE)

    assert "- [there](../results/there/report.html)" in text
    assert "([run.json](../results/there/run.json)), на одной машине: 50 в секунду — faust" in text
    assert "- here, на одной машине: 50 в секунду — faust" in text
    assert "(../results/here" not in text


def test_a_page_without_a_report_in_the_repository_says_so():
    text = page(load_board(), Records(cloud_runs=(run("there"),)), HERE)

    assert f"Отчёты в репозитории: {MISSING}" in text
    assert "- there, в облаке: 50 в секунду — faust" in text


def test_an_answer_says_whether_it_was_measured_in_the_cloud():
    text = page(load_board(), Records(cloud_runs=(run("there"),)), HERE)

    assert (
        "- 50: faust (CPU 0,25): 1 экземпляр (подтверждено запусками); запуск there, в облаке"
        in text
    )


def test_a_rate_that_no_repetition_has_confirmed_is_told_with_that_and_accepted_by_nobody():
    knee = {"low_eps": 600.0, "high_eps": 900.0, "confirmed": False}
    knee |= {"flags": ["undecided at 700/s", "undecided at 800/s"]}
    cells = [{"engine": "faust", "instances": 1, "knee_backlog": knee}]

    text = page(load_board(), Records(local_runs=(run("here", cells=cells),)), HERE)

    grows = "- запуск here: faust, 1 экземпляр: очередь растёт между 600 и 900 событиями в секунду"
    doubt = "(повторным запуском не подтверждено; не решено при 700, 800)"
    # Above all tasks, and with its own.
    assert text.count(f"{grows} {doubt}") == 2
    assert f"- spark: {MISSING}" in text
    assert "| 7. При какой интенсивности растёт очередь | записи есть, но для приёмки" in text


def test_the_page_is_in_russian_but_for_names(tmp_path: Path):
    folder = tmp_path / "here"
    for name in ("backlog-faust-1.png", "latency.png", "scaling.png"):
        (folder / "charts").mkdir(parents=True, exist_ok=True)
        (folder / "charts" / name).touch()
    records = Records(local_runs=(Run(folder, campaign("here"), published=True),))

    text = page(load_board(), records, tmp_path)

    assert "A sentence." not in text
    assert "[очередь: faust-1](here/charts/backlog-faust-1.png)" in text
    assert "[задержка](here/charts/latency.png)" in text
    assert "[масштабирование](here/charts/scaling.png)" in text


def test_a_fresh_clone_answers_from_what_the_repository_has(tmp_path: Path):
    done = CliRunner().invoke(
        app, ["--results", str(tmp_path / "nowhere"), "--out", str(tmp_path / "page.md")]
    )

    assert done.exit_code == 0, done.output
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    for line in (f"- 50: {MISSING}", f"- 400: {MISSING}", f"- faust: {MISSING}"):
        assert line not in text
    linked = [one for one in links_of(text) if one.endswith("report.html")]
    assert len(linked) >= 2
    assert all((tmp_path / one).exists() for one in links_of(text))
