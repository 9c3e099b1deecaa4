"""Sends real transactions to Kafka on a schedule, and their outcomes to the labels topic."""
