"""Amounts of money as people write them, from integer minor units."""

from dataclasses import dataclass
from decimal import Decimal

from shared.models import Locale

# ISO 4217: currencies without a minor unit, among those of the businesses Aurora may serve.
_WITHOUT_CENTS = frozenset({"CLP", "JPY", "KRW", "PYG"})

_MICROS = 1_000_000


@dataclass(frozen=True)
class _Style:
    thousands: str
    decimal: str
    gap: str  #: between symbol and figure
    symbols: dict[str, str]


_STYLES: dict[Locale, _Style] = {
    "pt-BR": _Style(".", ",", " ", {"BRL": "R$", "USD": "US$", "EUR": "€", "GBP": "£"}),
    "en": _Style(",", ".", "", {"BRL": "R$", "USD": "$", "EUR": "€", "GBP": "£"}),
}


def has_cents(currency: str) -> bool:
    """Tell whether an ISO 4217 currency is divided into cents."""
    return currency not in _WITHOUT_CENTS


def format_money(minor_units: int, *, currency: str, locale: Locale) -> str:
    """Return an amount such as "R$ 1.234,50" (pt-BR) or "$1,234.50" (en).

    `minor_units` are cents, or whole units of a currency that has none. A currency without a known symbol is written
    with its ISO 4217 code.
    """
    style = _STYLES[locale]
    label = _label(currency, style)
    sign = "-" if minor_units < 0 else ""
    return f"{sign}{label}{_figure(abs(minor_units), style, cents=has_cents(currency))}"


def format_micros(micros: int, *, currency: str | None, locale: Locale) -> str:
    """Return an amount of millionths, such as "US$ 0,12", with two decimals; one that these would hide, with four.

    Without a currency it is the figure alone.
    """
    style = _STYLES[locale]
    figure = f"{Decimal(micros) / _MICROS:.{2 if not micros or micros >= _MICROS // 100 else 4}f}"
    return ("" if currency is None else _label(currency, style)) + figure.replace(".", style.decimal)


def to_minor_units(amount: Decimal, *, currency: str) -> int:
    """Return an amount of whole units as cents, or as it is in a currency that has none.

    Raises `ValueError` for parts that the currency does not have.
    """
    minor_units = amount if currency in _WITHOUT_CENTS else amount * 100
    if minor_units != int(minor_units):
        raise ValueError(f"{currency} has no such small part")
    return int(minor_units)


def _label(currency: str, style: _Style) -> str:
    symbol = style.symbols.get(currency)
    return f"{currency} " if symbol is None else f"{symbol}{style.gap}"


def _figure(minor_units: int, style: _Style, *, cents: bool) -> str:
    whole, rest = divmod(minor_units, 100) if cents else (minor_units, 0)
    grouped = f"{whole:,}".replace(",", style.thousands)
    return f"{grouped}{style.decimal}{rest:02d}" if cents else grouped
