"""The broker's only source of time: real, shifted or frozen.

Everything that waits registers a callback here, so moving the clock moves delays, retries, rate windows,
deduplication windows, time-outs and cron alike.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class Timer:
    """A callback that waits for its time; `cancel` makes it never run."""

    when: int
    order: int
    callback: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        self.callback = None


async def _settled() -> None:
    await asyncio.sleep(0)


class Clock:
    """Unix time in milliseconds that never runs backwards.

    `Clock()` follows the wall clock. `Clock(frozen_at=…)` stands still until it is advanced, and then nothing
    in the broker sleeps on the wall clock.
    """

    def __init__(self, *, frozen_at: int | None = None) -> None:
        self._frozen_at = frozen_at
        self._offset = 0
        self._latest = 0
        self._timers: list[Timer] = []
        self._order = itertools.count()
        self._alarm: asyncio.TimerHandle | None = None
        self._moving = asyncio.Lock()

    @property
    def frozen(self) -> bool:
        return self._frozen_at is not None

    @property
    def offset(self) -> int:
        """Milliseconds that the clock, when it runs, is ahead of the wall clock."""
        return self._offset

    def now(self) -> int:
        moment = self._frozen_at
        if moment is None:
            moment = time.time_ns() // 1_000_000 + self._offset
        self._latest = max(self._latest, moment)
        return self._latest

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Run `callback` in the event loop once the clock shows `when` (milliseconds)."""
        timer = Timer(when, next(self._order), callback)
        heapq.heappush(self._timers, timer)
        if self._timers[0] is timer:
            self._arm()
        return timer

    def freeze(self, at: int | None = None) -> None:
        """Stop the clock, at `at` if given; a moment in the past of the clock is ignored."""
        self._frozen_at = max(self.now(), at or 0)
        self._disarm()
        if at is not None:
            self._run_due()

    def resume(self) -> None:
        """Let the clock run on from where it stands."""
        if self._frozen_at is not None:
            self._offset = self._frozen_at - time.time_ns() // 1_000_000
            self._frozen_at = None
        self._arm()

    def restore(self, *, frozen_at: int | None, offset: int) -> None:
        """Put the clock where a previous run left it, backwards if need be; before anything waits on it."""
        self._latest = 0
        self._frozen_at = frozen_at
        self._offset = offset

    async def advance(self, milliseconds: int, settle: Callable[[], Awaitable[None]] = _settled) -> None:
        """Let `milliseconds` pass, timer by timer; `settle` waits for the work that each one causes."""
        async with self._moving:
            running = not self.frozen
            self.freeze()
            target = self.now() + milliseconds
            await settle()
            while (head := self._head()) is not None and head.when <= target:
                self._frozen_at = max(self.now(), head.when)
                self._run_due()
                await settle()
            self._frozen_at = target
            if running:
                self.resume()

    def stop(self) -> None:
        """Forget every timer."""
        self._timers.clear()
        self._disarm()

    def _head(self) -> Timer | None:
        while self._timers and self._timers[0].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0] if self._timers else None

    def _run_due(self) -> None:
        now = self.now()
        while (head := self._head()) is not None and head.when <= now:
            heapq.heappop(self._timers)
            callback, head.callback = head.callback, None
            if callback is not None:
                callback()

    def _arm(self) -> None:
        self._disarm()
        head = self._head()
        if head is None or self.frozen:
            return
        seconds = max(0, head.when - self.now()) / 1000
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._run_due()
        self._arm()

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
