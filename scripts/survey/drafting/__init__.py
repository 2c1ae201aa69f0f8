"""A first study folder from an export alone: what its columns are, and what a person should look at."""
