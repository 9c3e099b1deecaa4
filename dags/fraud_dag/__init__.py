"""What DAGs of every target share: the form, the plan, starting programs, Airflow's names.

Nothing here imports another package of the project: programs are started by their command lines.
"""
