"""What features tell without any label: rank, spectrum, spread, and which checkpoint to keep."""
