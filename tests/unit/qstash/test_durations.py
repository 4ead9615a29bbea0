"""Durations in the notation of QStash."""

import pytest

from infra.local.qstash.durations import parse_duration
from infra.local.qstash.errors import InvalidRequestError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("2m", 120), ("1h", 3600), ("7d", 604_800), ("1d10h30m", 124_200), ("1h30m3s", 5403), ("0", 0)],
)
def test_durations_are_sums_of_their_parts(text: str, seconds: int) -> None:
    """Parts are concatenated and add up."""
    assert parse_duration(text, "Upstash-Delay") == seconds


@pytest.mark.parametrize("text", ["", "10", "s", "10 s", "-1s", "1.5h", "10x", "10s5", "1h,5m", "¹s"])
def test_what_is_no_duration_is_refused_with_its_source(text: str) -> None:
    """The error names the header that the duration came from."""
    with pytest.raises(InvalidRequestError, match="Upstash-Delay"):
        parse_duration(text, "Upstash-Delay")


def test_only_periods_may_be_bare_seconds() -> None:
    """A plain number is seconds where that is asked for."""
    assert parse_duration("90", "period", bare_seconds=True) == 90
