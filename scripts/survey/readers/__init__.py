"""Readers of what survey platforms export: one module per format of file, and one per platform."""
