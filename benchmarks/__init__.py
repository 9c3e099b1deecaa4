"""Measures the engines as black boxes: by their command lines and their topics."""
