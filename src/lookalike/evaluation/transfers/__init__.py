"""Other data sets: the papers' transfer suite."""
