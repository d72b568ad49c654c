"""Linear classifiers on frozen features: solved exactly, or trained as in the papers."""
