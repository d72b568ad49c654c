"""The command line: parse, call, print."""

from lookalike.cli.app import main

__all__ = ["main"]
