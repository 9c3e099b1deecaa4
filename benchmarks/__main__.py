"""`python -m benchmarks`: the same as the `streamgauge` command."""

from benchmarks.cli import main

if __name__ == "__main__":
    main()
