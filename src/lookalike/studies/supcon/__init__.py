"""Khosla et al. 2020."""
