"""The model served by a group of Faust workers: plain Python processes in one consumer group."""
