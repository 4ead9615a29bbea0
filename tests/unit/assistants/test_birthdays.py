"""Birthdays are read and told as people say them."""

from datetime import date

import pytest

from shared.assistants.birthdays import birthday_in_words, parse_birthday

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("said", "born"),
    [
        ("1991-03-14", date(1991, 3, 14)),
        ("2026-11-24", TODAY),
        ("2024-02-29", date(2024, 2, 29)),
        ("02-29", date(1904, 2, 29)),
        ("--12-31", date(1904, 12, 31)),
        ("1905-01-01", date(1905, 1, 1)),
    ],
)
def test_a_birthday_is_read(said: str, born: date) -> None:
    """With the year or without, 29 February too; a year that nobody said is 1904."""
    assert parse_birthday(said, today=TODAY) == born


@pytest.mark.parametrize(
    "said",
    ["2026-11-25", "1904-05-01", "0091-03-14", "2025-02-29", "02-30", "13-01", "14/03/1991", "1991", "", "1991-3-14"],
)
def test_what_is_no_birthday_is_refused(said: str) -> None:
    """Tomorrow, a lifetime ago, days that are none, and other ways to write dates."""
    with pytest.raises(ValueError):  # noqa: PT011 - the calendar's own errors are among them
        parse_birthday(said, today=TODAY)


@pytest.mark.parametrize(
    ("born", "words"), [(date(1991, 3, 14), "1991-03-14"), (date(1904, 2, 29), "02-29"), (None, None)]
)
def test_a_birthday_is_told_as_it_was_said(born: date | None, words: str | None) -> None:
    """Nobody is told of a year that nobody said."""
    assert birthday_in_words(born) == words
