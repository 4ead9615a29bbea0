"""Phone numbers as keys: one person, one spelling (E.164), with Brazil's rules.

Every function here is pure, and no error names the number that caused it.

Sources of the rules:
- E.164 (ITU-T): country code and subscriber number are at most 15 digits; a trunk prefix is no part of them.
- Brazil's numbering plan (Anatel, Resolução 749/2022): the area codes, `0` + carrier + area code for long distance,
  mobiles from 6 to 9, landlines from 2 to 5, and `0300/0500/0800/0900` without an area code.
- The ninth digit (Anatel, Resolução 553/2010, everywhere since 2016): a Brazilian mobile begins with 9 and has nine
  digits. WhatsApp accounts older than that keep the eight digits in their JID, so both forms name one person.
"""

import re

_BRAZIL = "55"
_E164_MAXIMUM_DIGITS = 15
_E164_MINIMUM_DIGITS = 7
_AREA_CODE = (  # the 67 in use
    r"(?:1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9])"
)
_SUBSCRIBER = rf"({_AREA_CODE}(?:9\d{{8}}|[2-9]\d{{7}}))"
_OLD_MOBILE = re.compile(rf"({_BRAZIL}{_AREA_CODE})([6-9]\d{{7}})")
_MOBILE = re.compile(rf"({_BRAZIL}{_AREA_CODE})9([6-9]\d{{7}})")
_DIALLED_IN_BRAZIL = (
    re.compile(rf"0?{_SUBSCRIBER}"),
    re.compile(rf"0[1-9]\d{_SUBSCRIBER}"),  # with the carrier's code
    re.compile(r"0?([3589]00\d{7})"),  # toll-free and its like
)
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015\u200e\u200f\u202a-\u202e]+")


def canonical_phone(digits: str) -> str:
    """Return the E.164 form, with the plus sign, of `digits` that already begin with a country code.

    This is for numbers that WhatsApp itself gives: a Brazilian mobile without its ninth digit gets it, any other number
    is kept as it is. Raises `ValueError` when `digits` cannot be a phone number.
    """
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("phone: only digits may follow the country code")
    if digits.startswith("0"):
        raise ValueError("phone: no country code begins with 0")
    if not _E164_MINIMUM_DIGITS <= len(digits) <= _E164_MAXIMUM_DIGITS:
        raise ValueError(
            f"phone: must have {_E164_MINIMUM_DIGITS} to {_E164_MAXIMUM_DIGITS} digits with the country code"
        )
    old_mobile = _OLD_MOBILE.fullmatch(digits)
    return "+" + (f"{old_mobile[1]}9{old_mobile[2]}" if old_mobile else digits)


def parse_phone(typed: str) -> str:
    """Return the E.164 form, with the plus sign, of a number as a person types it.

    `+` or `00` introduces a country code. Without them the number is Brazilian: the trunk zero and the carrier go, and
    a country code `55` may stand in front. Raises `ValueError` saying what is wrong, never the number.
    """
    bare = _SEPARATORS.sub("", typed)
    international = bare.startswith(("+", "00"))
    digits = bare.removeprefix("+").removeprefix("00") if international else bare
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("phone: holds something that is not a digit" if digits else "phone: no digits")
    rest = digits.removeprefix(_BRAZIL)
    if not international:
        return canonical_phone(_BRAZIL + _dialled_in_brazil(digits, rest))  # 55 is an area code, too
    return canonical_phone(digits if rest == digits else _BRAZIL + _dialled_in_brazil(rest))


def both_brazilian_forms(phone: str) -> tuple[str, ...]:
    """Return the E.164 forms under which `phone` may be known, the canonical one first.

    Only a Brazilian mobile has two: with and without the ninth digit. Raises `ValueError` when `phone` is not E.164
    with its plus sign.
    """
    if not phone.startswith("+"):
        raise ValueError("phone: must begin with + and the country code")
    canonical = canonical_phone(phone.removeprefix("+"))
    mobile = _MOBILE.fullmatch(canonical.removeprefix("+"))
    return (canonical, f"+{mobile[1]}{mobile[2]}") if mobile else (canonical,)


def _dialled_in_brazil(*readings: str) -> str:
    """Return area code and subscriber number of the first of `readings` that can be dialled in Brazil."""
    for reading in readings:
        for pattern in _DIALLED_IN_BRAZIL:
            if match := pattern.fullmatch(reading):
                return match[1]
    if len(readings[0]) in {8, 9}:
        raise ValueError("phone: the area code is missing, as in 11 91234-5678")
    raise ValueError("phone: not a Brazilian number; write a foreign one with + and its country code")
