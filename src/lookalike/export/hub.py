"""Uploads to the Hugging Face hub: only what is named, only when asked for."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from lookalike.errors import StorageError, UsageError

_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def check_ready(repository: str) -> None:
    """Raises a UsageError where this is no name of a repository, or nobody is logged in."""
    from huggingface_hub import get_token

    if not _NAME.fullmatch(repository):
        raise UsageError(f"{repository} is no repository of the hub.", do="Write it as USER/NAME.")
    if get_token() is None:
        raise UsageError("You are not logged in to the Hugging Face hub.", do="Type: hf auth login")


def upload(
    files: Mapping[str, Path | bytes], repository: str, *, console: Console, client: Any = None
) -> str:
    """Sends files in one commit, to a repository that is made private if it is not there.

    What will be sent and where is told first.

    Args:
        files: by the path they get there, which is all that is sent.
        repository: USER/NAME.
        console: who is told.
        client: a `huggingface_hub.HfApi`; the one of whoever is logged in if None.

    Returns:
        The address of the commit.

    Raises:
        UsageError: there cannot be such a name.
        StorageError: the hub refused or cannot be reached.
    """
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HFValidationError

    client = client or HfApi(library_name="lookalike")
    console.print(f"sending to https://huggingface.co/{repository} (private if it is new):")
    for name, content in files.items():
        console.print(f"  {name}, {_bytes(content):,} bytes")
    operations = [
        CommitOperationAdd(name, content if isinstance(content, bytes) else str(content))
        for name, content in files.items()
    ]
    try:
        client.create_repo(repository, repo_type="model", private=True, exist_ok=True)
        done = client.create_commit(
            repository, operations, commit_message="Upload an encoder trained with lookalike"
        )
    except HFValidationError as error:
        raise UsageError(f"{repository} is no repository of the hub.", why=f"{error}") from error
    except Exception as error:  # the hub's, or of whichever library it talks through
        raise StorageError(
            f"The hub did not take the files for {repository}.",
            why=str(error).strip().partition("\n")[0],
            do="Check the name, that you may write there (hf auth whoami), and the network.",
        ) from error
    return str(done.commit_url)


def _bytes(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size
