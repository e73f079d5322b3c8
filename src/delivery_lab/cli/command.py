"""What all commands have in common: a console, the options that each has, and how they print errors."""

from __future__ import annotations

import errno
import functools
import inspect
import os
import traceback
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand

from delivery_lab.cli.bugs import BUG, told
from delivery_lab.cli.console import Console
from delivery_lab.cli.options import DebugOption, NoCacheOption, ProgramTimeoutOption, VerboseOption
from delivery_lab.errors import LabError, ModelError, UsageError

_MOST_SHOWN = 60
"""Characters of a path that is none, which may be as long as a command line."""


_PATHS = ("FILE", "DIR")
"""What options and arguments that are paths are called in the help; --faults may be one."""


class Command(TyperCommand):
    """A command whose summary is never cut in the list of commands: it goes on in the next line."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first paragraph of the help, whole."""
        return inspect.cleandoc(self.help or "").partition("\n\n")[0].replace("\n", " ")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a command.

        Raises:
            UsageError: an option or argument is empty, as a variable of a shell is that is not set; of a path, Python
                would make the working folder. Or a path is none for this system: too long, or a circle of links.
        """
        if not ctx.resilient_parsing:  # no completion
            given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
            if not given.get("help"):
                for parameter in self.get_params(ctx):
                    _refuse_empty(parameter, given.get(str(parameter.name)))
                    _refuse_no_path(parameter, given.get(str(parameter.name)))
        return super().parse_args(ctx, args)


def _refuse_no_path(parameter: Any, value: object) -> None:
    if not isinstance(value, str) or not (parameter.metavar in _PATHS or parameter.name == "faults"):
        return
    try:
        os.stat(value)  # noqa: PTH116 - a path that may be none
    except ValueError:
        why = "it holds a character NUL"
    except OSError as error:
        if error.errno not in (errno.ENAMETOOLONG, errno.ELOOP):
            return  # whoever reads it has more to say
        why = str(error.strerror)
    else:
        return
    named = parameter.metavar if parameter.param_type_name == "argument" else parameter.opts[0]
    shown = value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}..."
    raise UsageError(f"{named}: {shown!r} is no path of a file: {why}")


def _is_empty(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _refuse_empty(parameter: Any, value: object) -> None:
    if not _is_empty(value) and not (isinstance(value, (list, tuple)) and any(map(_is_empty, value))):
        return
    metavar = parameter.metavar or "VALUE"
    if parameter.param_type_name == "argument":
        raise UsageError(f"{metavar} is empty: name one")
    option = parameter.opts[0]
    raise UsageError(f"{option} is empty: write {option} {metavar}, or leave it out")


def add(app: typer.Typer, name: str, function: Callable[..., None]) -> None:
    """Add a command to the application.

    Args:
        app: the application.
        name: what users type.
        function: gets a console as its first argument; its other arguments are the command's. All commands have
            `--verbose`, `--debug`, `--no-cache` and `--program-timeout` besides.
    """

    @functools.wraps(function)
    def wrapper(
        ctx: typer.Context,
        *,
        verbose: bool,
        debug: bool,
        no_cache: bool,
        program_timeout: float | None,
        **given: Any,
    ) -> None:
        console = Console(verbose=verbose, debug=debug, cache=not no_cache, program_timeout_seconds=program_timeout)
        try:
            function(console, **given)
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except Exception as error:
            bug = not isinstance(error, LabError) or isinstance(error, ModelError)
            text = told(error, ctx.find_root().obj or [name]) if bug else str(error)
            console.error(text, traceback.format_exc() if debug else "")
            raise typer.Exit(error.exit_code if isinstance(error, LabError) else BUG) from error

    signature = inspect.signature(function, eval_str=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *list(signature.parameters.values())[1:],
        inspect.Parameter("verbose", keyword, default=False, annotation=VerboseOption),
        inspect.Parameter("debug", keyword, default=False, annotation=DebugOption),
        inspect.Parameter("no_cache", keyword, default=False, annotation=NoCacheOption),
        inspect.Parameter("program_timeout", keyword, default=None, annotation=ProgramTimeoutOption),
    ]
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(name, cls=Command)(wrapper)
