"""Moments as an operator types them."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.operations.moments import parse_since

NOW = datetime(2026, 1, 20, 12, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30s", NOW - timedelta(seconds=30)),
        ("90m", NOW - timedelta(minutes=90)),
        (" 24h ", NOW - timedelta(hours=24)),
        ("7d", NOW - timedelta(days=7)),
        ("0s", NOW),
        ("2026-01-20", datetime(2026, 1, 20, tzinfo=UTC)),
        ("2026-01-20T09:00", datetime(2026, 1, 20, 9, tzinfo=UTC)),
        ("2026-01-20T09:00-03:00", datetime(2026, 1, 20, 12, tzinfo=UTC)),
    ],
)
def test_ages_and_times_are_understood(text: str, moment: datetime) -> None:
    """An age counts back from now; a time without a zone is UTC."""
    assert parse_since(text, now=NOW) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "7", "-7d", "7 d", "1.5h", "999999d", "2026-13-01", "٣d"])
def test_anything_else_says_what_may_be_written(text: str) -> None:
    """The message shows both forms."""
    with pytest.raises(ValueError, match="write an age such as 24h or 7d, or a time such as"):
        parse_since(text, now=NOW)
