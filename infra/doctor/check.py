"""What a check is, and running many of them in order."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.adapters.evolution import EvolutionGateway
from shared.adapters.openai import OpenAIModel
from shared.adapters.qstash import QStashQueue, QStashRecords
from shared.adapters.qstash_schedules import QStashSchedules
from shared.adapters.redis import RedisRest
from shared.adapters.supabase import SupabaseDatabase
from shared.errors import AuroraError
from shared.settings import Settings


class UnhealthyError(AuroraError):
    """A check failed, and its cause calls for another remedy than the check's usual one."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The deployment that is examined, reached by the adapters that it runs on itself."""

    settings: Settings
    queue: QStashQueue
    records: QStashRecords
    schedules: QStashSchedules
    redis: RedisRest
    database: SupabaseDatabase
    gateway: EvolutionGateway
    model: OpenAIModel
    mark: str  #: unlike any other examination's; ASCII
    delivery_limit: timedelta  #: how long a delivery may take

    async def aclose(self) -> None:
        """Close every connection."""
        queue = (self.queue, self.records, self.schedules)
        for adapter in (*queue, self.redis, self.database, self.gateway, self.model):
            await adapter.aclose()


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question to a deployment. `ask` raises an `AuroraError` when the answer is bad."""

    name: str
    ask: Callable[[Subject], Awaitable[None]]
    remedy: str  #: what to do when it fails
    needs: tuple[str, ...]  #: the checks without which this one makes no sense


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check came to."""

    number: int  #: from 1
    name: str
    milliseconds: int
    problem: str | None = None  #: None: it passed
    remedy: str | None = None

    @property
    def passed(self) -> bool:
        return self.problem is None


async def perform(
    checks: Iterable[Check], subject: Subject | None, *, failed: Mapping[str, str], start: int
) -> AsyncIterator[Finding]:
    """Ask one check after the other, numbered from `start`.

    A check whose need failed is not tried and fails, too, with the remedy of what failed first. `failed` holds the
    remedies of the checks that failed before, by name. Without a `subject` nothing is tried.
    """
    remedies = dict(failed)
    for number, check in enumerate(checks, start=start):
        missing = next((need for need in check.needs if need in remedies), None)
        if missing is not None or subject is None:
            problem = f"not tried, because {missing or 'an earlier check'} failed"
            remedy = remedies.get(missing or "", check.remedy)
            finding = Finding(number=number, name=check.name, milliseconds=0, problem=problem, remedy=remedy)
        else:
            finding = await _ask(number, check, subject)
        if finding.remedy is not None:
            remedies[check.name] = finding.remedy
        yield finding


async def _ask(number: int, check: Check, subject: Subject) -> Finding:
    started = time.perf_counter()
    problem = remedy = None
    try:
        await check.ask(subject)
    except UnhealthyError as error:
        problem, remedy = str(error), error.remedy
    except AuroraError as error:
        problem, remedy = str(error), check.remedy
    milliseconds = round((time.perf_counter() - started) * 1000)
    return Finding(number=number, name=check.name, milliseconds=milliseconds, problem=problem, remedy=remedy)
