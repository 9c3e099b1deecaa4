from producer.progress import Progress, Standing, progress_line


def test_a_line_says_rate_late_behind_and_how_far():
    before, now = Standing(10_000, 24_000, 0, 0.1), Standing(12_000, 24_000, 0, 0.3)
    line = progress_line(before, now, elapsed_s=5.0)
    assert line == "sent 400.0/s  late 0  behind 0.3 ms  12000/24000"


def test_without_an_end_only_the_count_is_shown():
    assert progress_line(Standing(0, None, 0, 0), Standing(7, None, 2, 0), 1.0).endswith("  7")


def test_where_stderr_is_no_terminal_there_is_a_line_each_5_seconds():
    written = []
    progress = Progress(written.append, is_live=False)
    progress.begin(100.0)
    for now_s in (100.0, 104.9, 105.0, 106.0, 110.1):
        if progress.is_due(now_s):
            progress.update(Standing(int(now_s), None, 0, 0.0), now_s)
    progress.close()
    assert len(written) == 2
    assert all(line.endswith("\n") and "\r" not in line for line in written)


def test_on_a_terminal_one_line_is_rewritten():
    written = []
    progress = Progress(written.append, is_live=True)
    progress.begin(0.0)
    progress.update(Standing(1, None, 0, 0.0), 0.5)
    progress.close()
    assert written[0].startswith("\r")
    assert written[1] == "\n"
