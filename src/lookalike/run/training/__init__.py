"""Training: from a recipe to a run folder, and on from where it stopped."""
