"""The clock that everything in the broker waits by."""

import asyncio

from infra.local.qstash.clock import Clock


async def test_a_frozen_clock_stands_still_until_advanced() -> None:
    """Time passes only by `advance`, and timers see the moment they asked for."""
    clock = Clock(frozen_at=1000)
    rung: list[tuple[str, int]] = []
    clock.call_at(1500, lambda: rung.append(("late", clock.now())))
    clock.call_at(1200, lambda: rung.append(("early", clock.now())))
    await asyncio.sleep(0)
    assert (clock.now(), rung) == (1000, [])
    await clock.advance(400)
    assert (clock.now(), rung) == (1400, [("early", 1200)])
    await clock.advance(100)
    assert rung == [("early", 1200), ("late", 1500)]


async def test_timers_set_on_the_way_ring_on_the_way() -> None:
    """A retry that a failure at +10 s orders for +20 s happens within an advance of a minute."""
    clock = Clock(frozen_at=0)
    rung: list[int] = []

    def again() -> None:
        rung.append(clock.now())
        if len(rung) < 3:
            clock.call_at(clock.now() + 10_000, again)

    clock.call_at(10_000, again)
    await clock.advance(60_000)
    assert rung == [10_000, 20_000, 30_000]


async def test_a_cancelled_timer_never_rings() -> None:
    """Cancelling is final, also for the timer that was next."""
    clock = Clock(frozen_at=0)
    rung: list[str] = []
    clock.call_at(5, lambda: rung.append("first")).cancel()
    clock.call_at(6, lambda: rung.append("second"))
    await clock.advance(10)
    assert rung == ["second"]


async def test_a_running_clock_rings_by_itself() -> None:
    """Without freezing, timers follow the wall clock."""
    clock = Clock()
    rung = asyncio.Event()
    clock.call_at(clock.now() + 5, rung.set)
    await asyncio.wait_for(rung.wait(), 5)
    clock.stop()


async def test_a_running_clock_can_be_advanced_and_runs_on() -> None:
    """The shift stays; the clock is then ahead of the wall clock."""
    clock = Clock()
    before = clock.now()
    await clock.advance(3_600_000)
    assert not clock.frozen
    assert 3_600_000 <= clock.now() - before < 3_660_000
    assert 3_599_000 <= clock.offset <= 3_600_000


async def test_time_never_runs_backwards() -> None:
    """Freezing into the past or resuming behind keeps the latest moment shown."""
    clock = Clock(frozen_at=5000)
    clock.freeze(1000)
    assert clock.now() == 5000
    clock.freeze(9000)
    assert clock.now() == 9000
