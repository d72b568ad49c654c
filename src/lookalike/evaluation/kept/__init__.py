"""What features keep: changes that were made to an image, and factors it was made from."""
