"""The cloud's API for DAGs and for the commands of a person: what is there, what is ours, its end.

Airflow imports this package, so it imports nothing of the project's other packages, and the cloud's
SDK only in `sdk.py`. Python 3.10 and newer.
"""
