"""What cyclopts or the system says about a wrong command line, in the form of our own errors."""

import shlex

from cyclopts import (
    CycloptsError,
    MissingArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from lookalike.errors import LookalikeError, StorageError, UsageError, did_you_mean


def mistake_of(error: CycloptsError | LookalikeError | OSError) -> LookalikeError:
    """One message: what is wrong, and what to type instead."""
    match error:
        case LookalikeError():
            return error
        case OSError(strerror=why, filename=file):
            return StorageError(
                f"The system refuses {file or 'to go on'}.",
                why=f"It says: {why or error}.",
                do="Check the path, its permissions and the disk. --debug shows where it happened.",
            )
    return _usage_error(error)


def _usage_error(error: CycloptsError) -> UsageError:
    command = error.command_chain or ()
    see = f"See: {' '.join(['lookalike', *command])} --help"
    match error:
        case UnknownCommandError(unused_tokens=[word, *_], app=app) if app:
            names = [name for name in app if not name.startswith("-")]
            what = f"There is no {'option' if word.startswith('-') else 'command'} {word}."
            return UsageError(what, do=did_you_mean(word, names))
        case UnknownOptionError(token=token, argument_collection=options):
            word = (token.keyword or token.value).partition("=")[0]
            names = [name for option in options for name in option.names]
            recipe = command[:1] in (("pretrain",), ("views",))
            return UsageError(f"There is no option {word}.", do=_option(word, names, recipe))
        case UnusedCliTokensError(unused_tokens=words) if words:
            return UsageError(f"Nothing is known to do with {shlex.join(words)}.", do=see)
        case MissingArgumentError(argument=argument, keyword=keyword) if argument:
            missing = f"{keyword} needs a value." if keyword else f"{argument.name} is missing."
            return UsageError(missing, do=see)
    error.verbose = False
    return UsageError(str(error), do=see)


def _option(word: str, names: list[str], recipe: bool) -> str:
    """What to write instead of an option that does not exist."""
    key = word.lstrip("-").replace("-", "_")
    if recipe:
        from lookalike.recipe.problems import ELSEWHERE
        from lookalike.recipe.schema import Recipe

        if "." in key or key in Recipe.model_fields.keys() - {"name"}:
            return f"Values of the recipe are written without dashes: {key}=VALUE"
        if key in ELSEWHERE:
            return f"Write instead: {ELSEWHERE[key]}"
    return did_you_mean(word, (name for name in names if name.startswith("--")))
