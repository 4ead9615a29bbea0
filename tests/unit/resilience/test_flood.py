"""The flood limit of a WhatsApp number: a token bucket in the container's memory."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RetryAfterError
from shared.resilience.flood import Bucket, FloodLimit, take
from tests.unit.resilience.conftest import START, HandClock


@pytest.fixture
def flood(clock: HandClock) -> FloodLimit:
    """Two events a second, and ten seconds' worth at once."""
    return FloodLimit(clock=clock, rate=2, seconds=10)


def granted(flood: FloodLimit, amount: int = 1, *, instance: str = "loja-a") -> bool:
    try:
        flood.take(instance, amount)
    except RetryAfterError:
        return False
    return True


def test_a_burst_is_taken_and_then_the_rate(flood: FloodLimit, clock: HandClock) -> None:
    """Twenty at once, then two a second."""
    assert [granted(flood) for _ in range(21)] == [True] * 20 + [False]
    clock.advance(1)
    assert [granted(flood) for _ in range(3)] == [True, True, False]


def test_a_refusal_says_when_it_will_be_granted(flood: FloodLimit, clock: HandClock) -> None:
    """Exactly then, and not a moment earlier."""
    flood.take("loja-a", 20)
    with pytest.raises(RetryAfterError, match="loja-a") as refused:
        flood.take("loja-a", 3)
    assert refused.value.delay == timedelta(seconds=1.5)
    clock.advance(1.4)
    assert not granted(flood, 3)
    clock.advance(0.1)
    assert granted(flood, 3)


def test_an_idle_hour_saves_up_no_more_than_a_bucket(flood: FloodLimit, clock: HandClock) -> None:
    """However long nothing came, no more than the burst may come at once."""
    flood.take("loja-a", 1)
    clock.advance(3600)
    assert [granted(flood) for _ in range(21)] == [True] * 20 + [False]


def test_instances_have_buckets_of_their_own(flood: FloodLimit) -> None:
    """One number's flood refuses nobody else."""
    assert granted(flood, 20)
    assert not granted(flood)
    assert granted(flood, instance="loja-b")


def test_more_than_a_bucket_holds_is_granted_from_a_full_one(flood: FloodLimit, clock: HandClock) -> None:
    """A report too large for any bucket must not be refused for ever; what follows pays for it."""
    assert granted(flood, 30)
    clock.advance(5)
    assert not granted(flood)
    clock.advance(0.5)
    assert granted(flood)


def test_a_report_of_no_interest_is_never_too_many(flood: FloodLimit) -> None:
    """Nothing is published for it, so nothing is counted."""
    flood.take("loja-a", 30)
    assert granted(flood, 0)


def test_a_clock_set_back_neither_fills_nor_empties(flood: FloodLimit, clock: HandClock) -> None:
    """The bucket stays as it was."""
    flood.take("loja-a", 19)
    clock.advance(-3600)
    assert [granted(flood) for _ in range(2)] == [True, False]


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 30)), max_size=40))
def test_no_more_than_burst_and_rate_ever_pass(steps: list[tuple[float, int]]) -> None:
    """Over any time no more is granted than a full bucket, what flows in, and one report too large for it."""
    bucket: Bucket | None = None
    total, largest, now = 0, 0, START
    for wait, amount in steps:
        now += timedelta(seconds=wait)
        bucket, refused_for = take(bucket, amount, now=now, rate=2, burst=20)
        if not refused_for:
            total, largest = total + amount, max(largest, amount)
    assert total <= 20 + 2 * (now - START).total_seconds() + max(0, largest - 20) + 1e-6
