"""Aurora: which tools an owner's number has."""

import pytest

from shared.assistants.aurora import aurora_briefing
from shared.assistants.engine import Assistant
from shared.assistants.roster import assistant_for
from shared.models import Audience, Locale, Permission
from tests.unit.assistants.conftest import GivenRows, ManualClock, ScriptedModel, says, turn_of

READING = {
    "figures",
    "agenda",
    "open_slots",
    "find_contact",
    "contact_history",
    "inactive_clients",
    "birthdays",
    "waiting_list",
    "handed_over_conversations",
    "open_questions",
}
STAFF = {
    "book_for_client",
    "move_booking",
    "cancel_booking",
    "block_time",
    "mark_no_show",
    "take_over",
    "return_conversation",
    "draft_message",
    "answer_question",
}
ADMIN = {"mark_paid", "draft_campaign", "pause_assistant", "resume_assistant"}


@pytest.mark.parametrize(
    ("permission", "tools"),
    [
        (Permission.VIEWER, READING),
        (Permission.STAFF, READING | STAFF),
        (Permission.ADMIN, READING | STAFF | ADMIN),
        (None, READING | STAFF | ADMIN),
    ],
)
def test_a_number_has_the_tools_of_its_permission(
    rows: GivenRows, permission: Permission | None, tools: set[str]
) -> None:
    """Viewers read, staff changes what is of the day, administrators do the rest; the business's own phone does all."""
    turn = turn_of(audience=Audience.OWNER).model_copy(update={"permission": permission})
    names = [tool.name for tool in aurora_briefing(turn, rows).tools]
    assert set(names) == tools
    assert len(names) == len(tools)


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_every_tool_is_described(rows: GivenRows, locale: Locale) -> None:
    """The model is told what each one does, in the organization's language, without anything left to fill in."""
    for tool in aurora_briefing(turn_of(audience=Audience.OWNER, locale=locale), rows).tools:
        assert len(tool.description) > 20, tool.name
        assert "{" not in tool.description or tool.name.startswith("draft"), tool.name


async def test_aurora_s_words_are_left_as_they_are(model: ScriptedModel, rows: GivenRows, clock: ManualClock) -> None:
    """The owner knows who writes."""
    aurora: Assistant = assistant_for(Audience.OWNER, model=model, database=rows, clock=clock)
    model.script = [says("Olá!")]
    assert (await aurora.answer(turn_of(audience=Audience.OWNER))).text == "Olá!"
