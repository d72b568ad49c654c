"""What chance explains: resampling, paired tests, runs side by side."""
