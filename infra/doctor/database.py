"""Supabase: it answers, and every function of the migrations is there and ours to call. Nothing is written."""

from collections.abc import Awaitable, Callable, Sequence

from infra.doctor.api_functions import ApiFunction
from infra.doctor.check import Check, Subject, UnhealthyError
from shared.errors import DatabaseError

_PING = "supabase api.ping"
_ADDRESS = "set SUPABASE_URL and SUPABASE_SECRET_KEY to the project's address and its secret key (sb_secret_…)"
_SECRET_KEY = "set SUPABASE_SECRET_KEY to the project's secret key (sb_secret_…), not the publishable one"  # noqa: S105 - advice
_MIGRATE = "run `aurora migrate` against this project's database"
_EXPOSE = "add the schema `api` to the exposed schemas in the project's API settings"
_REMEDIES = {
    "PGRST106": _EXPOSE,
    "PGRST202": _MIGRATE,
    "PGRST203": _MIGRATE,
    "PGRST301": _SECRET_KEY,
    "PGRST302": _SECRET_KEY,
    "PGRST303": _SECRET_KEY,
    "42501": f"{_SECRET_KEY}; if it is, {_MIGRATE}: the last migration grants the functions",
    "42883": _MIGRATE,
    "42P01": _MIGRATE,
    "401": _SECRET_KEY,
    "404": _ADDRESS,
}


def checks(functions: Sequence[ApiFunction]) -> list[Check]:
    """Return the checks for a project that has `functions`."""
    rest = [function for function in functions if f"supabase api.{function.name}" != _PING]
    return [
        Check(name=_PING, ask=_ping, remedy=_ADDRESS, needs=("settings",)),
        *(
            Check(name=f"supabase api.{function.name}", ask=_probe_of(function), remedy=_MIGRATE, needs=(_PING,))
            for function in rest
        ),
    ]


async def _ping(subject: Subject) -> None:
    try:
        await subject.database.check()
    except DatabaseError as error:
        raise _explained(error, usual=_ADDRESS) from error


def _probe_of(function: ApiFunction) -> Callable[[Subject], Awaitable[None]]:
    async def probe(subject: Subject) -> None:
        try:
            await subject.database.probe(function.name, **function.harmless_arguments)
        except DatabaseError as error:
            raise _explained(error, usual=_MIGRATE) from error

    return probe


def _explained(error: DatabaseError, *, usual: str) -> UnhealthyError:
    """Choose the remedy by PostgREST's code; a platform in front of it gives its HTTP status, or none."""
    code = getattr(error.__cause__, "code", None)
    return UnhealthyError(str(error), remedy=_REMEDIES.get(str(code), usual))
