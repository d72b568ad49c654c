"""What cyclopts says about a wrong command line, in the form of our own errors."""

import shlex

from cyclopts import (
    CycloptsError,
    MissingArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from lookalike.errors import UsageError, did_you_mean


def usage_error(error: CycloptsError) -> UsageError:
    """One message: what is wrong, and what to type instead."""
    see = f"See: {' '.join(['lookalike', *(error.command_chain or ())])} --help"
    match error:
        case UnknownCommandError(unused_tokens=[word, *_], app=app) if app:
            names = [name for name in app if not name.startswith("-")]
            what = f"There is no {'option' if word.startswith('-') else 'command'} {word}."
            return UsageError(what, do=did_you_mean(word, names))
        case UnknownOptionError(token=token, argument_collection=options):
            word = (token.keyword or token.value).partition("=")[0]
            names = [name for option in options for name in option.names]
            return UsageError(f"There is no option {word}.", do=_option(word, names))
        case UnusedCliTokensError(unused_tokens=words) if words:
            return UsageError(f"Nothing is known to do with {shlex.join(words)}.", do=see)
        case MissingArgumentError(argument=argument, keyword=keyword) if argument:
            missing = f"{keyword} needs a value." if keyword else f"{argument.name} is missing."
            return UsageError(missing, do=see)
    error.verbose = False
    return UsageError(str(error), do=see)


def _option(word: str, names: list[str]) -> str:
    if "." in word:
        return f"Values of the recipe are written without dashes: {word.lstrip('-')}=VALUE"
    return did_you_mean(word, (name for name in names if name.startswith("--")))
