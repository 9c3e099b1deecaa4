import subprocess
from pathlib import Path

from sandbox.java import Java, ask, parse_properties, write_wrapper

JAVA_17 = """Property settings:
    java.home = /usr/lib/jvm/java 17
    java.specification.version = 17
    java.version = 17.0.15
"""


def test_home_and_major_version_are_read_from_java_itself() -> None:
    assert parse_properties(JAVA_17) == Java(Path("/usr/lib/jvm/java 17"), 17)


def test_java_8_calls_itself_1_8() -> None:
    text = JAVA_17.replace("version = 17\n", "version = 1.8\n")
    assert parse_properties(text) == Java(Path("/usr/lib/jvm/java 17"), 8)


def test_a_program_that_is_no_java_is_told_from_one() -> None:
    assert parse_properties("command not found") is None
    assert ask("/nonexistent/bin/java") is None
    assert ask("/bin/true") is None


def test_the_wrapper_drops_only_the_option_that_the_small_runtime_refuses(tmp_path: Path) -> None:
    program = tmp_path / "it's java"
    program.write_text('#!/bin/sh\nfor word do echo "<$word>"; done\n')
    program.chmod(0o755)
    home = write_wrapper(tmp_path / "home", str(program))
    answer = subprocess.run(
        [home / "bin" / "java", "-Da=b c", "--add-modules=jdk.incubator.vector", "", "Main"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.splitlines() == ["<-Da=b c>", "<>", "<Main>"]
