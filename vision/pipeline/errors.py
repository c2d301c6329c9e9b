"""The one kind of error that a user can cause and correct."""


class UserError(Exception):
    """An error outside the code; the runner prints its message, one line, without a traceback."""
