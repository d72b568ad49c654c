"""Evaluations while training: online numbers, images held out, and the alarm."""
