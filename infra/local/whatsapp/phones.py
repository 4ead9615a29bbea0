"""Phone numbers and WhatsApp addresses, by the rules of Evolution 2.3.7."""

import hashlib
import re

from infra.local.whatsapp.errors import BadRequestError

_BRAZIL = re.compile(r"^55(\d\d)(\d)?(\d{8})$")
_FIRST_AREA_WITHOUT_NINTH = 31
_FIRST_MOBILE_DIGIT = 7
_MIN_DIGITS, _MAX_DIGITS = 8, 15


def phone_of(text: str) -> str:
    """Return the digits of a phone number with its country code.

    Raises `BadRequestError` when they cannot be one.
    """
    digits = re.sub(r"\D", "", text)
    if not _MIN_DIGITS <= len(digits) <= _MAX_DIGITS or re.search(r"[^\d\s()+.-]", text):
        raise BadRequestError(f'phone "{text}" is not a number of {_MIN_DIGITS} to {_MAX_DIGITS} digits')
    return digits


def jid_of(number: str) -> str:
    """Return the WhatsApp address that Evolution makes of a number or address.

    A Brazilian mobile of an area code from 31 up loses its ninth digit there; other numbers stay as they are.
    """
    if number.endswith(("@g.us", "@s.whatsapp.net", "@lid")):
        return number
    digits = re.sub(r"\D", "", re.split(r"[:@]", number)[0])
    return f"{_without_ninth(digits)}@s.whatsapp.net"


def jids_of(number: str) -> tuple[str, ...]:
    """Return the addresses that WhatsApp tries: a Brazilian mobile answers with and without its ninth digit."""
    jid = jid_of(number)
    digits, _, server = jid.partition("@")
    match = _BRAZIL.match(digits)
    if match is None or server != "s.whatsapp.net":
        return (jid,)
    with_ninth, without = f"55{match[1]}9{match[3]}", f"55{match[1]}{match[3]}"
    return (jid, f"{with_ninth}@{server}", f"{without}@{server}")


def lid_of(phone: str) -> str:
    """Return a stable address that hides `phone`: fifteen digits that are no number."""
    digest = int.from_bytes(hashlib.sha256(phone.encode()).digest()[:8], "big")
    return f"2{digest % 10**14:014d}@lid"


def _without_ninth(digits: str) -> str:
    match = _BRAZIL.match(digits)
    if match is None or match[2] is None:
        return digits
    old_numbers = int(match[1]) >= _FIRST_AREA_WITHOUT_NINTH and int(match[3][0]) >= _FIRST_MOBILE_DIGIT
    return f"55{match[1]}{match[3]}" if old_numbers else digits
