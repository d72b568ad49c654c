"""Finding: what can be done with the features of many pictures."""
