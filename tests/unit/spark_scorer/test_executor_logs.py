from spark_scorer.executor_logs import ExecutorLogs

OURS = "2026-11-23 08:00:00,123 INFO fraud_core.partition_states caught up partition=3"
SPARKS = "26/11/23 08:00:00 ERROR Executor: Exception in task"


def test_lines_of_ours_are_passed_on_once_with_their_instance(tmp_path):
    folder = tmp_path / "spark-1" / "app-1" / "0"
    folder.mkdir(parents=True)
    (folder / "stderr").write_text(f"{SPARKS}\n{OURS}\n")
    written = []
    logs = ExecutorLogs(tmp_path, written.append)
    logs.pass_on()
    logs.pass_on()
    assert written == [f"{OURS} instance=spark-1\n"]


def test_a_line_that_is_half_written_waits_for_its_end(tmp_path):
    folder = tmp_path / "spark-0" / "app-1" / "0"
    folder.mkdir(parents=True)
    log = folder / "stderr"
    log.write_text(OURS[:40])
    written = []
    logs = ExecutorLogs(tmp_path, written.append)
    logs.pass_on()
    assert written == []
    log.write_text(OURS + "\n")
    logs.pass_on()
    assert written == [f"{OURS} instance=spark-0\n"]
