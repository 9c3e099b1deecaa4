import subprocess
import sys

import pyarrow.parquet as pq
import pytest


def run(*arguments):
    command = [sys.executable, "-m", "model_export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    sizes = ("--days", 60, "--customers", 200, "--terminals", 400, "--dirt")
    made = run("simulate", "--out", folder, *sizes)
    assert made.returncode == 0, made.stderr
    assert "frauds" in made.stdout
    assert "hour 24: 6" in made.stdout
    return folder


def test_simulate_train_and_features_follow_each_other(files, tmp_path):
    trained = run("train", "--transactions", files, "--out", tmp_path / "model", "--train-days", 28)
    assert trained.returncode == 0, trained.stderr
    assert "average precision" in trained.stdout
    assert "left out 78 dirty rows" in trained.stderr
    out = tmp_path / "features.parquet"
    made = run(
        *("features", "--transactions", files, "--out", out, "--artifact", tmp_path / "model")
    )
    assert made.returncode == 0, made.stderr
    assert f"features of {pq.read_metadata(out).num_rows} transactions" in made.stdout
    assert "left out 78 dirty rows" in made.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("train", "--transactions", "{files}/2018-04-01.txt", "--out", "{out}"),
            "at least 49 are",
        ),
        (("train", "--transactions", "nowhere", "--out", "{out}"), "nowhere does not exist"),
        (
            ("features", "--transactions", "{files}", "--out", "{out}", "--artifact", "nowhere"),
            "nowhere/manifest.json cannot be read",
        ),
        (
            ("features", "--transactions", "{files}", "--out", "{out}", "--customers-share", "2"),
            "customers-share is 2.0",
        ),
    ],
)
def test_a_wrong_input_is_one_line_and_exit_code_2(files, tmp_path, arguments, words):
    answer = run(*(part.format(files=files, out=tmp_path / "out") for part in arguments))
    assert answer.returncode == 2
    assert answer.stderr.splitlines()[-1].startswith("error: ")
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr
