"""Training the encoder further with labels, as in the papers."""
