"""The one kind of error that a user can cause and correct."""


class UserError(Exception):
    """An error outside the code; its message is one line: what is wrong, which value, what is allowed, what to do.

    The stage runner prints it without a traceback and exits with status 1. Any other exception is a bug.
    """
