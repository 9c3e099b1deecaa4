"""The comparison on this machine: where things are, and what each task of the DAG does."""
