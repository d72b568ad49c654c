"""Judging: evaluations of runs and of other encoders, comparisons, and classes for new pictures."""
