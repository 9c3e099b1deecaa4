"""Real services on this machine, without containers and without an installation of Kafka."""
