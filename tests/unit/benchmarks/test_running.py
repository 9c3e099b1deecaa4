from benchmarks.running import resume_command


def test_the_command_that_goes_on_keeps_every_option():
    command = ["/x/streamgauge", "run", "my plan.yaml", "--set", "rates_eps=50,100", "-q"]
    assert resume_command(command, "r-1") == (
        "/x/streamgauge run 'my plan.yaml' --set rates_eps=50,100 -q --run-id r-1 --resume"
    )


def test_the_run_is_named_once():
    command = ["/x/__main__.py", "run", "p", "--run-id", "old", "--resume", "--json"]
    assert resume_command(command, "old") == (
        "python -m benchmarks run p --json --run-id old --resume"
    )
    command = ["streamgauge", "run", "p", "--run-id=old"]
    assert resume_command(command, "old") == "streamgauge run p --run-id old --resume"
