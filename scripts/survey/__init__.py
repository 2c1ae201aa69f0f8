"""The library behind the programs in scripts/: pure functions, one module per subject."""
