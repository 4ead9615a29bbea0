"""Amounts of money in words and in their smallest unit."""

from decimal import Decimal

import pytest

from shared.assistants.money import format_micros, format_money, to_minor_units
from shared.models import Locale


@pytest.mark.parametrize(
    ("minor_units", "currency", "locale", "written"),
    [
        (0, "BRL", "pt-BR", "R$ 0,00"),
        (5, "BRL", "pt-BR", "R$ 0,05"),
        (6000, "BRL", "pt-BR", "R$ 60,00"),
        (123450, "BRL", "pt-BR", "R$ 1.234,50"),
        (123456789012, "BRL", "pt-BR", "R$ 1.234.567.890,12"),
        (-150, "BRL", "pt-BR", "-R$ 1,50"),
        (123450, "USD", "pt-BR", "US$ 1.234,50"),
        (123450, "USD", "en", "$1,234.50"),
        (-5, "USD", "en", "-$0.05"),
        (100000, "BRL", "en", "R$1,000.00"),
        (123450, "EUR", "en", "€1,234.50"),
        (123450, "CHF", "en", "CHF 1,234.50"),
        (123450, "CHF", "pt-BR", "CHF 1.234,50"),
        (1234, "JPY", "en", "JPY 1,234"),
        (15000, "PYG", "pt-BR", "PYG 15.000"),
    ],
)
def test_money_is_written_as_people_of_the_locale_write_it(
    minor_units: int, currency: str, locale: Locale, written: str
) -> None:
    """Symbol, grouping, decimals and sign follow the locale; a currency without cents shows none."""
    assert format_money(minor_units, currency=currency, locale=locale) == written


@pytest.mark.parametrize(
    ("micros", "currency", "locale", "written"),
    [
        (0, "USD", "pt-BR", "US$ 0,00"),
        (120_000, "USD", "pt-BR", "US$ 0,12"),
        (120_000, "USD", "en", "$0.12"),
        (1_500, "BRL", "pt-BR", "R$ 0,0015"),
        (12_345_678, "CHF", "en", "CHF 12.35"),
        (120_000, None, "pt-BR", "0,12"),
    ],
)
def test_what_a_model_costs_is_written_in_its_currency(
    micros: int, currency: str | None, locale: Locale, written: str
) -> None:
    """Small amounts keep four decimals: cents would hide them."""
    assert format_micros(micros, currency=currency, locale=locale) == written


@pytest.mark.parametrize(
    ("amount", "currency", "minor_units"), [("45.5", "BRL", 4550), ("0", "BRL", 0), ("1200", "JPY", 1200)]
)
def test_an_amount_is_kept_in_its_smallest_unit(amount: str, currency: str, minor_units: int) -> None:
    """Exactly, and without cents where there are none."""
    assert to_minor_units(Decimal(amount), currency=currency) == minor_units


@pytest.mark.parametrize(("amount", "currency"), [("1.234", "BRL"), ("0.5", "JPY")])
def test_a_part_that_a_currency_does_not_have_is_refused(amount: str, currency: str) -> None:
    """Nothing is rounded away."""
    with pytest.raises(ValueError, match=f"{currency} has no such small part"):
        to_minor_units(Decimal(amount), currency=currency)
