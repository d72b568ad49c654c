"""One paper, one file. This table names them without importing them (torch takes seconds)."""

METHODS = {
    "simclr": "lookalike.methods.simclr:SimCLR",
}
