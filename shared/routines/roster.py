"""Which function composes which routine."""

from importlib import import_module

from shared.routines.routine import find_routine
from shared.routines.run import Compose


def composer_of(kind: str) -> Compose:
    """Return `compose` of `shared/routines/<kind>.py`. Raises `NonRetriableError` for a kind that there is not.

    It is imported here and now: who publishes runs need not load what they do.
    """
    compose: Compose = import_module(f"shared.routines.{find_routine(kind).kind}").compose
    return compose
