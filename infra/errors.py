"""Root of the errors that the command line shows as one line instead of a traceback."""


class InfraError(Exception):
    """Something outside the code is in the way; the message says what, and what to do about it."""
