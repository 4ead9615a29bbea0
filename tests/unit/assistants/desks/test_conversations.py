"""Who answers the customers, as the owner says."""

import json
from typing import Any
from uuid import UUID

import pytest

from shared.assistants.desks.conversations import conversation_tools, pausing_tools, reading_tools
from shared.assistants.desks.desk import Desk
from shared.assistants.tools import Deed, ToolResult
from shared.models import Audience
from tests.unit.assistants.conftest import ORGANIZATION_ID, GivenRows, turn_of

ANA = {
    "id": str(UUID(int=1)),
    "name": "Ana",
    "phone": "+5511900000001",
    "last_inbound_at": None,
    "bookings": 0,
    "next_booking_at": None,
    "fit": 2,
}


async def use(rows: GivenRows, tool: str, **arguments: Any) -> ToolResult:
    desk = Desk(turn=turn_of(audience=Audience.OWNER), database=rows)
    every = (*reading_tools(desk), *conversation_tools(desk), *pausing_tools(desk))
    return await {each.name: each for each in every}[tool].call(json.dumps(arguments))


@pytest.mark.parametrize(
    ("tool", "handed_over", "answers", "deed"),
    [
        ("take_over", True, "a_person", Deed.HANDED_OVER),
        ("return_conversation", False, "the_assistant", Deed.RETURNED),
    ],
)
@pytest.mark.parametrize("outcome", ["done", "unchanged"])
async def test_a_conversation_is_taken_over_and_returned(
    rows: GivenRows, tool: str, handed_over: bool, answers: str, deed: Deed, outcome: str
) -> None:
    """The owner's conversation says who wants it, and a repeat says that it was so already."""
    rows.rows |= {"find_contact": [ANA], "set_handover": {"outcome": outcome}}
    result = await use(rows, tool, contact="Ana")
    assert (result.data["answers_now"], result.data["was_so_already"]) == (answers, outcome == "unchanged")
    assert result.deeds == {deed}
    assert rows.calls[-1] == (
        "set_handover",
        {
            "organization_id": ORGANIZATION_ID,
            "conversation_id": UUID(int=12),
            "contact_id": UUID(int=1),
            "handed_over": handed_over,
        },
    )


@pytest.mark.parametrize("outcome", ["forbidden", "no_conversation"])
async def test_what_could_not_be_done_is_no_deed(rows: GivenRows, outcome: str) -> None:
    """Neither a forbidden change nor one of a conversation that there is not may be claimed."""
    rows.rows |= {"find_contact": [ANA], "set_handover": {"outcome": outcome}}
    result = await use(rows, "take_over", contact="Ana")
    assert (result.data, result.deeds) == ({"error": outcome}, frozenset())


async def test_whom_nobody_knows_is_not_taken_over(rows: GivenRows) -> None:
    """Without one contact nothing is written."""
    rows.rows["find_contact"] = []
    result = await use(rows, "take_over", contact="Zé")
    assert (result.data["error"], [name for name, _ in rows.calls]) == ("unknown_contact", ["find_contact"])


@pytest.mark.parametrize(
    ("tool", "outcome", "paused", "deeds"),
    [
        ("pause_assistant", "paused", True, {Deed.PAUSED}),
        ("resume_assistant", "resumed", False, {Deed.RESUMED}),
        ("resume_assistant", "unchanged", False, {Deed.RESUMED}),
        ("pause_assistant", "forbidden", None, set[Deed]()),
    ],
)
async def test_the_assistant_is_switched_for_all(
    rows: GivenRows, tool: str, outcome: str, paused: bool | None, deeds: set[Deed]
) -> None:
    """At once, and only by whom the database lets."""
    rows.rows["pause_all"] = {"outcome": outcome}
    result = await use(rows, tool)
    assert result.data.get("assistant_paused") is paused
    assert set(result.deeds) == deeds
    assert rows.calls[0][1]["paused"] is (tool == "pause_assistant")


async def test_silent_conversations_are_told_with_local_times(rows: GivenRows) -> None:
    """A person's conversation stays until it is returned; one by typing ends by itself."""
    moment = "2026-11-25T01:10:00+00:00"
    silent = {"name": "Ana", "phone": None, "reason": "asked\nfor it", "unanswered": 2, "last_received_at": moment}
    rows.rows["handed_over_conversations"] = [
        {**silent, "since": moment, "until": None},
        {**silent, "reason": None, "since": None, "until": moment},
    ]
    first, second = (await use(rows, "handed_over_conversations")).data["conversations"]
    assert (first["since"], first["ends_by_itself_at"], first["reason"]) == ("2026-11-24 22:10", None, "asked for it")
    assert (second["since"], second["ends_by_itself_at"]) == (None, "2026-11-24 22:10")
