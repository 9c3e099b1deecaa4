from benchmarks.where_time_goes import kind_of


def test_processes_of_an_engine_are_told_apart_by_their_command_lines() -> None:
    assert kind_of(["java", "-cp", "jars", "org.apache.spark.executor.Main"]).startswith(
        "Spark executor"
    )
    assert "driver and cluster (JVM)" in kind_of(
        ["/jdk/bin/java", "org.apache.spark.deploy.Submit"]
    )
    assert kind_of(["python", "-m", "pyspark.daemon"]) == "Spark's Python worker"
    assert kind_of(["python", "-m", "faust_scorer"]) == "Python"
    assert kind_of([]) == "Python"
