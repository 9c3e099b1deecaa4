"""What two processes must agree on: records, features, state, model and settings."""
