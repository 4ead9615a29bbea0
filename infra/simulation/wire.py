"""The calls of a process to the outside: faults strike here, before and after every one of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from infra.simulation.chaos import Chaos, Fault
from infra.simulation.processes import Process, current_process
from infra.simulation.story import Story

T = TypeVar("T")

#: Longest that a slow server takes, in virtual seconds: beyond every limit of ours.
_SLOWEST = 60.0


@dataclass(frozen=True, kw_only=True)
class Errors:
    """What a client of one dependency sees of a fault; each raises."""

    refused: Callable[[], NoReturn]
    lost: Callable[[], NoReturn]
    timed_out: Callable[[], NoReturn]


class Wire:
    """Carries the calls to one dependency."""

    def __init__(
        self, dependency: str, *, chaos: Chaos, source: random.Random, story: Story, latency: tuple[float, float]
    ) -> None:
        """`latency` is the least and the most that a healthy call takes each way, in virtual seconds."""
        self._dependency = dependency
        self._chaos = chaos
        self._source = source
        self._story = story
        self._latency = latency
        self._serving: set[asyncio.Task[object]] = set()

    def count(self, what: str, amount: int) -> None:
        """Count something that travels here, for the report."""
        self._story.counts[what] += amount

    async def carry(
        self,
        what: str,
        serve: Callable[[], Awaitable[T]],
        *,
        errors: Errors,
        broken: Callable[[], T],
        limit: float | None,
    ) -> T:
        """Make a call that the other side serves with `serve`, or with `broken` when it is out of order.

        The other side goes on when the caller gives up after `limit` seconds, or is dead.
        """
        process = current_process.get()
        await self._pass(process)
        process.calls += 1
        fault = self._chaos.strike(self._dependency)
        if fault is not None:
            self._story.tell(process.name, f"{what}: {fault}")
            self._story.count(f"fault: {self._dependency} {fault}")
        self._story.count(f"call: {self._dependency}")
        if fault is Fault.KILLED_BEFORE:
            await process.die()
        if fault in {Fault.DOWN, Fault.REFUSED}:
            errors.refused()
        if fault is Fault.ERROR:
            return broken()
        result = await self._served(self._start(serve, slow=fault is Fault.SLOW), errors, limit)
        await self._pass(process)
        if fault is Fault.KILLED_AFTER:
            await process.die()
        if fault is Fault.LOST:
            errors.lost()
        return result

    async def _served(self, task: asyncio.Task[T], errors: Errors, limit: float | None) -> T:
        done, _ = await asyncio.wait([task], timeout=limit)
        if not done:
            errors.timed_out()
        return task.result()

    def _start(self, serve: Callable[[], Awaitable[T]], *, slow: bool) -> asyncio.Task[T]:
        delay = self._source.uniform(*self._latency) + (self._source.uniform(1, _SLOWEST) if slow else 0)
        back = self._source.uniform(*self._latency)

        async def work() -> T:
            await asyncio.sleep(delay)
            result = await serve()
            await asyncio.sleep(back)
            return result

        task = asyncio.get_running_loop().create_task(work())
        # What the caller no longer waits for happens all the same.
        self._serving.add(task)
        task.add_done_callback(self._served_out)
        return task

    def _served_out(self, task: asyncio.Task[T]) -> None:
        self._serving.discard(task)
        if not task.cancelled():
            task.exception()  # its caller may be gone; nobody else needs to hear of it

    async def _pass(self, process: Process) -> None:
        """Hold back whatever a dead process still tries."""
        if process.is_dead:
            await process.die()
