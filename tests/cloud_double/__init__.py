"""A double of the cloud's API on loopback: the SDK's own servicer classes over TLS, with state.

It checks what the API's descriptors say of fields, takes time, pages its lists, and fails when it
is told to. It knows the services of `fraud_cloud/services.py` and Spark's jobs, and nothing of
rights.
"""
