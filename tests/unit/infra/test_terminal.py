"""Values as a person reads them in a table."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from infra.commands.terminal import shown

SAO_PAULO = timezone(timedelta(hours=-3))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        (0, "0"),
        ("olá", "olá"),
        (datetime(2026, 1, 20, 12, 20, 5, 999, tzinfo=UTC), "2026-01-20 12:20:05Z"),
        (datetime(2026, 1, 20, 9, 20, tzinfo=SAO_PAULO), "2026-01-20 12:20:00Z"),
        ({"instance": "loja-á"}, '{"instance": "loja-á"}'),
        ("two\nlines", "two lines"),
        ("\x1b[2Jcleared\x07", " [2Jcleared "),
    ],
)
def test_a_value_is_shown_on_one_line(value: object, text: str) -> None:
    """Nothing is a dash, times are in UTC, and nothing that was answered can steer the terminal."""
    assert shown(value) == text
