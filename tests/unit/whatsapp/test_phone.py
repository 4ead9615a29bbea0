"""One person, one spelling of their phone number."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.whatsapp.phone import both_brazilian_forms, canonical_phone, parse_phone

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no finding


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        # A mobile of São Paulo as owners type it (Anatel, Res. 749/2022: area code + 9 digits).
        ("11999999999", "+5511999999999"),
        ("(11) 99999-9999", "+5511999999999"),
        ("11 9 9999.9999", "+5511999999999"),
        ("\u202a+55 11 99999\u20119999\u202c", "+5511999999999"),  # as copied from WhatsApp's contact page
        ("+55 11 99999-9999", "+5511999999999"),
        ("5511999999999", "+5511999999999"),
        ("005511999999999", "+5511999999999"),
        # The ninth digit (Anatel, Res. 553/2010) is added to 8 digits that begin with 6 to 9.
        ("1199999999", "+5511999999999"),
        ("551168887777", "+5511968887777"),
        ("+55 (11) 7888-7777", "+5511978887777"),
        # The trunk zero, and the carrier that Brazil dials after it, are no part of E.164.
        ("011999999999", "+5511999999999"),
        ("0 15 11 99999-9999", "+5511999999999"),
        ("0 21 11 3222-1111", "+551132221111"),
        ("+55 (011) 99999-9999", "+5511999999999"),
        # Landlines begin with 2 to 5 and keep their 8 digits.
        ("1132221111", "+551132221111"),
        ("+551152221111", "+551152221111"),
        # 55 is also the area code of Santa Maria: the length tells it from the country.
        ("55999999999", "+5555999999999"),
        ("5532221111", "+555532221111"),
        ("5555999999999", "+5555999999999"),
        # Toll-free and its like have no area code.
        ("0800 123 4567", "+558001234567"),
        ("+55 800 123 4567", "+558001234567"),
        ("0300 123 4567", "+553001234567"),
        # Foreign numbers stay as they are (E.164): Portugal, the United States, Argentina's mobile 9.
        ("+351 912 345 678", "+351912345678"),
        ("00351912345678", "+351912345678"),
        ("+1 (212) 555-0123", "+12125550123"),
        ("+54 9 11 2345-6789", "+5491123456789"),
    ],
)
def test_a_number_as_people_type_it_becomes_e164(typed: str, expected: str) -> None:
    """Every way to write one number gives one key."""
    assert parse_phone(typed) == expected


@pytest.mark.parametrize(
    ("typed", "cause"),
    [
        ("", "no digits"),
        ("+", "no digits"),
        ("ligue para mim", "not a digit"),
        ("11 9999a-9999", "not a digit"),
        ("١١٩٩٩٩٩٩٩٩٩", "not a digit"),
        ("99999-9999", "area code is missing"),
        ("3222-1111", "area code is missing"),
        ("+55 99999-9999", "area code is missing"),  # after the plus sign 55 is the country, not the area
        ("10 99999-9999", "not a Brazilian number"),  # no area code 10
        ("11 12345678", "not a Brazilian number"),  # no subscriber begins with 1
        ("+55 11 9999", "not a Brazilian number"),
        ("12125550123", "with \\+ and its country code"),
        ("5" * 10_000, "not a Brazilian number"),
        ("+123456", "7 to 15 digits"),
        ("+1234567890123456", "7 to 15 digits"),
        ("+0351912345678", "begins with 0"),
    ],
)
def test_what_is_no_number_is_refused_with_its_cause_and_without_itself(typed: str, cause: str) -> None:
    """The error says what to mend and does not repeat a person's number."""
    with pytest.raises(ValueError, match=cause) as raised:
        parse_phone(typed)
    digits = "".join(filter(str.isdigit, typed))
    assert not digits or digits not in str(raised.value)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("551199999999", "+5511999999999"),
        ("5511999999999", "+5511999999999"),
        ("553187654321", "+5531987654321"),  # Evolution's createJid takes the ninth digit away from area code 31 on
        ("551132221111", "+551132221111"),
        ("558001234567", "+558001234567"),
        ("11912345678", "+11912345678"),  # with a country code in front this is a number of the United States
        ("351912345678", "+351912345678"),
    ],
)
def test_whatsapps_own_digits_begin_with_a_country_code(digits: str, expected: str) -> None:
    """What WhatsApp gives is never taken for a national number; Brazilian mobiles get their ninth digit."""
    assert canonical_phone(digits) == expected


@pytest.mark.parametrize(
    ("phone", "forms"),
    [
        ("+5511999999999", ("+5511999999999", "+551199999999")),
        ("+551199999999", ("+5511999999999", "+551199999999")),
        ("+5511912345678", ("+5511912345678",)),  # without the 9 it would begin with 1: it never had the old form
        ("+551132221111", ("+551132221111",)),
        ("+558001234567", ("+558001234567",)),
        ("+351912345678", ("+351912345678",)),
    ],
)
def test_only_a_brazilian_mobile_has_two_forms(phone: str, forms: tuple[str, ...]) -> None:
    """A lookup tries exactly the spellings under which the person may be stored."""
    assert both_brazilian_forms(phone) == forms


def test_forms_are_asked_for_in_e164_only() -> None:
    """A number without its plus sign is a mistake of the caller."""
    with pytest.raises(ValueError, match=r"must begin with \+"):
        both_brazilian_forms("5511999999999")


@UNHURRIED
@given(st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True))
def test_a_canonical_number_stays_as_it_is(digits: str) -> None:
    """Reading a number again, from storage or from another version, changes nothing."""
    once = canonical_phone(digits)
    assert canonical_phone(once.removeprefix("+")) == once
    assert both_brazilian_forms(once)[0] == once


@UNHURRIED
@given(st.text(max_size=40))
def test_any_text_is_a_number_or_a_value_error(text: str) -> None:
    """Nothing a person can type breaks the reading."""
    try:
        phone = parse_phone(text)
    except ValueError:
        return
    assert phone.startswith("+")
    assert parse_phone(phone) == phone
