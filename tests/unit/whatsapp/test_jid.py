"""WhatsApp's addresses, taken apart."""

import pytest

from shared.whatsapp.jid import Party, parse_jid


@pytest.mark.parametrize(
    ("text", "party", "phone", "lid"),
    [
        ("5511912345678@s.whatsapp.net", Party.PERSON, "+5511912345678", None),
        ("5511912345678:12@s.whatsapp.net", Party.PERSON, "+5511912345678", None),
        ("5511912345678_1:12@s.whatsapp.net", Party.PERSON, "+5511912345678", None),
        ("553187654321@c.us", Party.PERSON, "+5531987654321", None),
        ("203948572011933@lid", Party.PERSON, None, "203948572011933"),
        ("203948572011933:3@lid", Party.PERSON, None, "203948572011933"),
        ("120363012345678901@g.us", Party.GROUP, None, None),
        ("5511912345678-1512345678@g.us", Party.GROUP, None, None),
        ("status@broadcast", Party.STATUS, None, None),
        ("1768911302@broadcast", Party.BROADCAST, None, None),
        ("120363012345678901@newsletter", Party.NEWSLETTER, None, None),
        ("0@s.whatsapp.net", Party.OTHER, None, None),  # WhatsApp's own account
        ("867051314767696@bot", Party.OTHER, None, None),
        ("abc@lid", Party.OTHER, None, None),
    ],
)
def test_an_address_says_what_it_stands_for(text: str, party: Party, phone: str | None, lid: str | None) -> None:
    """Only a person has a phone or a hidden id, and a device changes neither."""
    jid = parse_jid(text)
    assert (jid.party, jid.phone, jid.lid) == (party, phone, lid)


def test_the_persons_address_has_no_device() -> None:
    """Writing to one device of a person would leave out the others."""
    jid = parse_jid("203948572011933_1:3@lid")
    assert (jid.device, jid.without_device()) == (3, "203948572011933@lid")


@pytest.mark.parametrize("text", ["", "5511912345678", "@lid", "1@2@lid", "1:x@lid", "a b@lid", "1@LID", "1@lid\n"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """A bare number is not an address: it would pass for a phone where a hidden id is meant."""
    with pytest.raises(ValueError, match=r"<user>@<server>"):
        parse_jid(text)
