"""The model served by a Spark Structured Streaming job: Kafka, mapInArrow, Kafka."""
