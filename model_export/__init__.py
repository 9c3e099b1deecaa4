"""From transactions to the artifact that scorers are started with: simulate, features, train."""
