"""The one kind of error that a user can cause and mend."""


class UserError(Exception):
    """A mistake or a mishap outside the code, told in one line: what, which value, what is allowed, what to do.

    The stage runner prints it without a traceback and exits with status 1. Any other exception is a bug.
    """
