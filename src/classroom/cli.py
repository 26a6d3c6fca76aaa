"""Starts the command `classroom`, or says what to install: `classroom.command` has its steps."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command."""
    try:
        from classroom.command import app
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("classroom", "seq2bert"):
            raise
        print(f"classroom: {error.name} is not installed: pip install 'seq2bert[instructor]'", file=sys.stderr)
        sys.exit(3)
    app()


if __name__ == "__main__":
    main()
