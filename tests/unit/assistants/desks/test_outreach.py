"""Drafting messages to customers: the preview tells who gets what, and nothing is sent."""

import json
from typing import Any
from uuid import UUID

import pytest

from shared.assistants.desks.desk import Desk
from shared.assistants.desks.outreach import outreach_tools
from shared.assistants.tools import Deed, ToolRefusedError, ToolResult
from shared.models import Audience
from tests.unit.assistants.conftest import GivenRows, turn_of

ANA = {
    "id": str(UUID(int=21)),
    "name": "Ana Souza",
    "phone": "+5511912345678",
    "last_inbound_at": None,
    "bookings": 0,
    "next_booking_at": None,
    "fit": 2,
}
SEGMENT = {
    "segment": "inactive",
    "total": 5,
    "contact_ids": [str(UUID(int=21)), str(UUID(int=22))],
    "cut": 0,
    "skipped": {"no_consent": 2, "opted_out": 1},
    "marketing": True,
    "example": "Oi Ana, saudades!",
    "example_name": "Ana Souza",
}
PROPOSED = {"id": str(UUID(int=5)), "code": "4821", "preview": None, "created": True}


async def call(rows: GivenRows, name: str, **arguments: Any) -> ToolResult:
    desk = Desk(turn=turn_of(audience=Audience.OWNER), database=rows)
    tool = next(each for each in outreach_tools(desk) if each.name == name)
    return await tool.call(json.dumps(arguments))


def proposal_in(rows: GivenRows) -> dict[str, Any]:
    (asked,) = [arguments["proposal"] for function, arguments in rows.calls if function == "propose"]
    assert isinstance(asked, dict)
    return asked


async def test_a_message_to_one_shows_the_person_and_the_words_as_they_arrive(rows: GivenRows) -> None:
    """Two customers may have one name, so the phone is shown too; this is no advertising."""
    rows.rows = {
        "find_contact": [ANA],
        "recipient": {"name": "Ana Souza", "skipped": None, "example": "Oi Ana, tudo bem?"},
        "propose": {**PROPOSED, "code": None},
    }
    result = await call(rows, "draft_message", contact="ana", text="Oi {name}, tudo bem?")
    assert result.must_say == (
        "✉️ Mensagem para *Ana Souza, +5511912345678*:\n\nOi Ana, tudo bem?\n\n"
        "Responda *1* para confirmar, *2* para mudar ou *3* para desistir."
    )
    assert result.deeds == {Deed.PROPOSED}
    assert proposal_in(rows)["action"] == {
        "contact_ids": [ANA["id"]],
        "text": "Oi {name}, tudo bem?",
        "marketing": False,
    }


@pytest.mark.parametrize("reason", ["opted_out", "no_number", "erased"])
async def test_who_cannot_be_written_to_is_told_before_anything_is_proposed(rows: GivenRows, reason: str) -> None:
    """The owner learns why."""
    rows.rows = {"find_contact": [ANA], "recipient": {"name": "Ana", "skipped": reason, "example": "Oi"}}
    result = await call(rows, "draft_message", contact="ana", text="Oi")
    assert (result.data, result.must_say) == ({"error": "cannot_be_written_to", "reason": reason}, None)


async def test_who_is_meant_must_be_clear(rows: GivenRows) -> None:
    """Two who fit are told apart by the owner, not by the model."""
    rows.rows = {"find_contact": [ANA, {**ANA, "id": str(UUID(int=22)), "phone": "+5511955554444"}]}
    result = await call(rows, "draft_message", contact="Ana Souza", text="Oi")
    assert result.data["error"] == "ambiguous"
    assert [choice["phone"] for choice in result.data["choices"]] == ["+5511912345678", "+5511955554444"]


async def test_a_campaign_shows_audience_count_who_is_left_out_and_an_example(rows: GivenRows) -> None:
    """With the code that the owner must repeat; the ids are those of the preview."""
    rows.rows = {"segment": {**SEGMENT, "cut": 3}, "propose": PROPOSED}
    result = await call(rows, "draft_campaign", segment="inactive", text="Oi {name}, saudades!")
    assert result.must_say == (
        "✉️ Mensagem para *clientes sem vir há 30 dias* – pessoas que recebem: *2*\n\n"
        "Oi Ana, saudades!\n\n(Assim chega a Ana Souza.)\n"
        "Ficam de fora: não autorizaram divulgação (2), não querem receber mensagens (1).\n"
        "O limite é de 200 pessoas por vez: outras 3 não recebem agora.\n\n"
        "Responda *1 4821* para confirmar, *2* para mudar ou *3* para desistir."
    )
    assert proposal_in(rows)["action"] == {
        "contact_ids": SEGMENT["contact_ids"],
        "text": "Oi {name}, saudades!",
        "marketing": True,
    }


async def test_a_segment_without_anybody_is_said_and_not_proposed(rows: GivenRows) -> None:
    """Nobody belongs to it, or nobody of it may be written to."""
    rows.rows = {"segment": {**SEGMENT, "contact_ids": [], "example": None, "example_name": None}}
    result = await call(rows, "draft_campaign", segment="inactive", text="Oi")
    assert result.data == {"error": "nobody_to_write_to", "total": 5, "skipped": {"no_consent": 2, "opted_out": 1}}
    assert result.must_say is None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"segment": "everybody", "text": "Oi"}, "segment"),
        ({"segment": "inactive", "text": "Oi {nome}"}, r"the only placeholder is \{name\}"),
        ({"segment": "inactive", "text": " \n "}, "text"),
        ({"segment": "inactive"}, "text"),
    ],
)
async def test_a_draft_that_cannot_be_sent_as_it_is_is_refused(
    rows: GivenRows, arguments: dict[str, Any], why: str
) -> None:
    """An unknown segment, an unknown placeholder or no words: the model is told what is wrong."""
    with pytest.raises(ToolRefusedError, match=why):
        await call(rows, "draft_campaign", **arguments)
