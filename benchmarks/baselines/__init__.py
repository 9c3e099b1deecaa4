"""The scorer in the plainest loop and in another framework: what the frameworks cost."""
