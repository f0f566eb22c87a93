"""How a command line ends when something goes wrong: the words, the JSON and the exit code."""

import os
import select
import sys
from collections.abc import Sequence

import click

from applet_spec.errors import Changed, ExitCode, UnicardError
from unicard_console.jsonout import to_json
from unicard_console.options import JSON_WANTED

DEBUG_VARIABLE = "UNICARD_DEBUG"
BROKEN_PIPE = 141
"""Exit code when nobody reads stdout any more: what a shell reports for SIGPIPE."""


class StoppedError(UnicardError):
    """A person stopped the command, or left a question without an answer."""

    exit_code = ExitCode.FAILED
    changed = Changed.NO


class MissingPartError(UnicardError):
    """A part of the project, or a library that it needs, is not installed."""


class OperatingSystemError(UnicardError):
    """The operating system refused something, and no room had an answer to it."""

    exit_code = ExitCode.UNCERTAIN
    changed = Changed.UNKNOWN


class DefectError(UnicardError):
    """The program met a defect of its own, so it cannot say what has changed."""

    exit_code = ExitCode.UNCERTAIN
    changed = Changed.UNKNOWN


def missing_part(group: str, module: str, error: ModuleNotFoundError) -> MissingPartError:
    """Return the error for a room that cannot be imported."""
    missing = error.name or module
    if module == missing or module.startswith(f"{missing}."):
        return MissingPartError(
            f"the commands of `unicard {group}` are not part of this installation: "
            f"there is no module {missing}",
            advice="install the complete package unicard",
        )
    return MissingPartError(
        f"`unicard {group}` needs the Python module {missing}, which is not installed",
        advice="install the package unicard again, together with what it depends on",
    )


def report(error: BaseException, ctx: click.Context | None, words: Sequence[str]) -> int:
    """Say what went wrong, on stderr or as JSON on stdout, and return the exit code.

    ``ctx`` is the root context, or None when already the root's options were wrong; ``words``
    are the words of the command line.
    """
    if isinstance(error, BrokenPipeError) and _nobody_reads():
        return BROKEN_PIPE
    if os.environ.get(DEBUG_VARIABLE):
        _print_traceback(error)
    if isinstance(error, click.ClickException):
        return _report_click(error, as_json="--json" in words)
    described = _describe(error)
    if ctx is not None and ctx.meta.get(JSON_WANTED):
        click.echo(to_json({"error": described.as_dict()}))
    else:
        _print_error(described)
    return int(described.exit_code)


def _describe(error: BaseException) -> UnicardError:
    match error:
        case UnicardError():
            return error
        case KeyboardInterrupt() | click.Abort() | EOFError():
            return StoppedError("stopped before the end")
        case OSError(strerror=str(reason)):
            where = f"{error.filename}: " if error.filename else ""
            return OperatingSystemError(f"{where}{reason}")
    return DefectError(
        f"a defect of this program: {type(error).__name__}: {error}",
        advice="before this card or file is used again, look at it: `unicard card show`; "
        f"{DEBUG_VARIABLE}=1 shows where it happened; CONTRIBUTING.md says how to report it",
    )


def _report_click(error: click.ClickException, as_json: bool) -> int:
    if as_json:
        usage = isinstance(error, click.UsageError) and error.ctx is not None
        command = error.ctx.command_path if usage else "unicard"  # type: ignore[attr-defined]
        described = UnicardError(
            error.format_message(),
            advice=f"see `{command} --help`",
            exit_code=ExitCode(error.exit_code),
        ).as_dict()
        click.echo(to_json({"error": described | {"kind": type(error).__name__}}))
    else:
        error.show()
    return error.exit_code


def _print_error(error: UnicardError) -> None:
    click.echo(f"Error: {error.message}", err=True)
    click.echo(f"  {_sentence(error.changed.value)}", err=True)
    if error.advice:
        click.echo(f"  {_sentence(error.advice)}", err=True)


def _sentence(text: str) -> str:
    """Return ``text`` with a capital and a full stop, however its room has written it."""
    stop = "" if text.endswith((".", "!", "?")) else "."
    return f"{text[0].upper()}{text[1:]}{stop}"


def _print_traceback(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error)


def _nobody_reads() -> bool:
    """Tell whether stdout is the broken pipe, and keep the interpreter's last flush quiet."""
    try:
        stdout = sys.stdout.fileno()
    except (OSError, ValueError):  # replaced by a test, or closed
        return False
    watch = select.poll()
    watch.register(stdout, 0)
    if not any(event & select.POLLERR for _, event in watch.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)
    return True
