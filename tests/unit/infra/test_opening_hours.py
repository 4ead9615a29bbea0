"""Opening hours and prices are read as operators type them, and told the same way."""

import pytest

from infra.opening_hours import Hours, hours_in_words, parse_hours, parse_quiet
from infra.prices import parse_price


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        (["mon=09:00-18:00"], {"mon": [("09:00", "18:00")]}),
        (["mon=09:00-12:00,13:00-18:00"], {"mon": [("09:00", "12:00"), ("13:00", "18:00")]}),
        (["mon-wed=09:00-12:00", "tue=closed"], {"mon": [("09:00", "12:00")], "tue": [], "wed": [("09:00", "12:00")]}),
        (["SUN=Closed", "sat=unknown"], {"sun": [], "sat": None}),
        (["fri=18:00-24:00"], {"fri": [("18:00", "24:00")]}),
        (["fri=12:00-14:00,20:00-02:00"], {"fri": [("12:00", "14:00"), ("20:00", "02:00")]}),
        ([], {}),
    ],
)
def test_hours_are_read(typed: list[str], hours: Hours) -> None:
    """Days alone and in spans, several intervals, closed and not stated, past midnight; the later word counts."""
    assert parse_hours(typed) == hours


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("mon", "give a day and its times"),
        ("seg=09:00-12:00", "a day is one of mon"),
        ("fri-mon=09:00-12:00", "a span of days begins before it ends"),
        ("mon=9-12", "times are such as"),
        ("mon=09:00-25:00", "times are such as"),
        ("mon=", "times are such as"),
        ("mon=09:00-12:00,11:00-13:00", "do not overlap"),
        ("mon=13:00-18:00,09:00-12:00", "stand in their order"),
        ("mon=20:00-02:00,03:00-04:00", "only the last interval"),
    ],
)
def test_wrong_hours_are_named(typed: str, told: str) -> None:
    """The operator reads which word is wrong, and how it should be."""
    with pytest.raises(ValueError, match=told) as refused:
        parse_hours(["tue=closed", typed])
    assert str(refused.value).startswith(f"{typed}: ")


@pytest.mark.parametrize("words", ["09:00-12:00,13:00-18:00", "closed", "unknown"])
def test_hours_are_told_as_they_are_typed(words: str) -> None:
    """What is shown can be given back."""
    assert hours_in_words(parse_hours([f"mon={words}"])["mon"]) == words


def test_nights_are_read() -> None:
    """Over midnight, from midnight, or none; what would be a day is refused."""
    assert parse_quiet(" 20:00-08:00 ") == ("20:00", "08:00")
    assert parse_quiet("24:00-07:30") == ("24:00", "07:30")
    assert parse_quiet("None") == ("24:00", "00:00")
    for typed in ("08:00-20:00", "20-8", "20:00-20:00", "25:00-08:00", "20:00-24:00", ""):
        with pytest.raises(ValueError, match="a night is such as"):
            parse_quiet(typed)


@pytest.mark.parametrize(
    ("typed", "currency", "minor_units"),
    [("60", "BRL", 6000), ("60,5", "BRL", 6050), ("60.05", "USD", 6005), (" 0 ", "BRL", 0), ("900", "JPY", 900)],
)
def test_prices_are_read(typed: str, currency: str, minor_units: int) -> None:
    """With a comma or a point, in the currency's own smallest unit."""
    assert parse_price(typed, currency=currency) == minor_units


@pytest.mark.parametrize(
    ("typed", "currency"),
    [("1.234,50", "BRL"), ("1.234", "BRL"), ("-5", "BRL"), ("R$ 60", "BRL"), ("", "BRL"), ("9,5", "JPY")],
)
def test_prices_that_could_be_misread_are_refused(typed: str, currency: str) -> None:
    """Better asked again than sold for a hundredth."""
    with pytest.raises(ValueError, match=r"price is a number|has no cents"):
        parse_price(typed, currency=currency)
