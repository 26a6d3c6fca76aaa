"""The command, called as a script calls it."""

import json

from typer.testing import CliRunner

from classroom.command import app


def call(*arguments):
    """Return exit code, the JSON object of the output, and what is on standard error."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, json.loads(result.stdout) if result.stdout else None, result.stderr


def said(*arguments):
    """Return exit code and what people read."""
    result = CliRunner().invoke(app, [*map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout
