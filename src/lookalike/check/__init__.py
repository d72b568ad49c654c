"""A look at images before a run: what is there, what stands twice, what it will take."""
