from benchmarks.begin import as_typed


def test_a_campaign_keeps_its_command_without_the_folder_of_the_program() -> None:
    typed = ["/home/me/streamgauge/.venv/bin/streamgauge", "run", "plans/knee.yaml"]
    assert as_typed(typed) == ["streamgauge", "run", "plans/knee.yaml"]
    module = ["/home/me/streamgauge/benchmarks/__main__.py", "run", "plans/knee.yaml"]
    assert as_typed(module) == ["streamgauge", "run", "plans/knee.yaml"]
