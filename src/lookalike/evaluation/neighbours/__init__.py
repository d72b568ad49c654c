"""What lies close together: nearest neighbours, retrieval and clusters."""
