"""Grill et al. 2020."""
