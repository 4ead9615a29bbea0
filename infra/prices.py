"""Prices as operators type them."""

import re

from shared.assistants.money import has_cents

_PRICE = re.compile(r"(?P<whole>\d{1,7})(?:[.,](?P<cents>\d{1,2}))?")


def parse_price(text: str, *, currency: str) -> int:
    """Return "60", "60,5" or "60.50" in minor units: cents, or whole units of a currency without.

    Raises `ValueError` for anything else, thousands separators included: they cannot be told from cents.
    """
    parts = _PRICE.fullmatch(text.strip())
    if parts is None:
        raise ValueError("a price is a number such as 60 or 60,50")
    if not has_cents(currency):
        if parts["cents"]:
            raise ValueError(f"{currency} has no cents")
        return int(parts["whole"])
    return int(parts["whole"]) * 100 + int((parts["cents"] or "0").ljust(2, "0"))
