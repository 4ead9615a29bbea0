"""Asks every dependency whether it is there, all at once."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import AuroraError
from shared.ports import Dependency
from shared.services import Services


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What asking one dependency came to."""

    name: str
    milliseconds: int
    error: str | None  #: None: it is there


async def probe(services: Services) -> list[Probe]:
    """Ask every dependency of `services`; each adapter's own time limit bounds the wait."""
    return await asyncio.gather(*(_ask(name, find) for name, find in services.dependencies.items()))


async def _ask(name: str, find: Callable[[], Dependency]) -> Probe:
    started = time.perf_counter()
    error = None
    try:
        await find().check()
    except AuroraError as caught:
        error = str(caught)
    return Probe(name=name, milliseconds=round((time.perf_counter() - started) * 1000), error=error)
