"""The comparison in Yandex Cloud: what each task of the cloud's DAGs does.

Decisions are functions of values; the cloud's SDK, Airflow's hook and programs are at the edges.
"""
