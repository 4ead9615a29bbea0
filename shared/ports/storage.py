"""Where the data is, and what is fast and may be lost."""

from collections.abc import Sequence
from typing import Any, Protocol

from shared.ports.dependency import Dependency


class Database(Dependency, Protocol):
    """The data, reached by calling functions of the schema `api`; one call is one transaction."""

    async def call(self, function: str, **arguments: object) -> Any:
        """Call `api.<function>` with each argument `name` as `p_name` and return its JSON result.

        Raises `NotFoundError` (PT404), `StaleLeaseError` (PT409), `NonRetriableError` for anything a retry cannot
        mend, and `DatabaseError` for the rest.
        """
        ...


class Redis(Dependency, Protocol):
    """Upstash Redis: what must be fast, may be lost, and is the same for all processes.

    What is asked together, as by `asyncio.gather`, may travel as one call and fail as one.
    """

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> Any:
        """Run a Lua script atomically. Raises `LimiterError`."""
        ...
