"""The `refalt` command: its list of subcommands, and the one place where an exception becomes an exit code."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path

import typer

from refalt import __version__
from refalt.cli import (
    check,
    compare,
    demo,
    explain,
    inputs,
    listing,
    new,
    report,
    run,
    score,
    serve,
)
from refalt.errors import ExitCode, UserError, redact

app = typer.Typer(
    name="refalt",
    help="Measure how well a model predicts the effects of DNA variants, and refuse a broken comparison.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (demo, check, run, compare, score, inputs, report, listing, explain, new, serve):
    command.register(app)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line and leave the process with refalt's exit status."""
    sys.exit(exit_status(sys.argv[1:]))


def exit_status(arguments: list[str]) -> int:
    """Run one command; every way it can end becomes one of `ExitCode`."""
    try:
        status = app(arguments, standalone_mode=False)
    except UserError as error:
        return _say(str(error), error.exit_code)
    except typer.Exit as leaving:
        return int(leaving.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        status = ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001  (the last door: whatever is left is refalt's own bug)
        return _usage(error) if _is_usage(error) else _bug(error)
    # Some versions of typer turn Ctrl-C into this status by themselves.
    if status == ExitCode.INTERRUPTED:
        return _say("interrupted; what was finished is kept, and the same command goes on from there", status)
    return int(status or ExitCode.DONE)


def _is_usage(error: Exception) -> bool:
    return hasattr(error, "format_message")


def _usage(error: Exception) -> int:
    return _say(str(error.format_message()), ExitCode.USER_ERROR)  # type: ignore[attr-defined]


def _bug(error: Exception) -> int:
    text = redact("".join(traceback.format_exception(error)))
    with tempfile.NamedTemporaryFile("w", prefix="refalt-bug-", suffix=".txt", delete=False) as kept:
        kept.write(text)
    name = type(error).__name__
    return _say(f"this is a bug in refalt ({name}); its traceback is in {Path(kept.name)}", ExitCode.BUG)


def _say(text: str, code: ExitCode) -> int:
    typer.echo(f"refalt: {redact(text)}", err=True)
    return int(code)
