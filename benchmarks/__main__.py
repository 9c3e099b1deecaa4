"""`python -m benchmarks`: the same as the `streamgauge` command."""

from benchmarks.cli import main

main()
