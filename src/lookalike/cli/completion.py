"""`lookalike completion`: shell completion, printed and not installed."""

from typing import Literal


def command(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print a script that completes commands and options.

    Args:
        shell: whose script, e.g. for bash: eval "$(lookalike completion bash)"
    """
    from lookalike.cli.app import app

    print(app.generate_completion(shell=shell))
