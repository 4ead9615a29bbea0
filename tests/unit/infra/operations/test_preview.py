"""Of which days a routine can be previewed."""

from contextlib import nullcontext
from datetime import date, timedelta

import pytest

from infra.operations.preview import PreviewError, check_day

TODAY = date(2026, 1, 20)


@pytest.mark.parametrize(
    ("kind", "days", "is_known"),
    [
        ("birthdays", -400, True),
        ("birthdays", 400, True),
        ("daily_summary", -1, True),
        ("daily_summary", 0, True),
        ("daily_summary", 1, False),
        ("inactive_clients", -1, False),
        ("inactive_clients", 0, True),
        ("inactive_clients", 1, False),
        ("opportunities", -1, False),
        ("opportunities", 0, True),
        ("opportunities", 1, False),
    ],
)
def test_a_routine_is_previewed_for_days_that_it_knows_of(kind: str, days: int, is_known: bool) -> None:
    """Birthdays are known of any day, figures of none to come; what is told of now is of no other day."""
    with nullcontext() if is_known else pytest.raises(PreviewError, match=str(TODAY)):
        check_day(kind, TODAY + timedelta(days=days), today=TODAY)
