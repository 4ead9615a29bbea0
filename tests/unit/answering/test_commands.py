"""What owners type to Aurora instead of asking her."""

from dataclasses import replace

import pytest

from shared.answering.commands import commands
from shared.assistants.texts import texts_for
from shared.errors import DatabaseError
from shared.models import Audience
from shared.services import Services
from tests.unit.answering.test_consent import open_turn
from tests.unit.assistants.conftest import GivenRows

WORDS = texts_for("pt-BR").handover


@pytest.mark.parametrize(
    ("said", "outcome", "told", "paused"),
    [
        ("#pausa", "paused", WORDS.assistant_paused, True),
        ("  #PAUSA. ", "paused", WORDS.assistant_paused, True),
        ("#pausa", "unchanged", WORDS.assistant_paused_before, True),
        ("#pausa", "forbidden", WORDS.pause_forbidden, True),
        ("#bot", "resumed", WORDS.assistant_resumed, False),
        ("#bot", "unchanged", WORDS.assistant_resumed_before, False),
    ],
)
async def test_an_owner_switches_the_assistant(
    services: Services, rows: GivenRows, said: str, outcome: str, told: str, paused: bool
) -> None:
    """The database decides who may; the owner reads how it stands."""
    rows.rows["pause_all"] = {"outcome": outcome}
    claimed = open_turn("quantos hoje?", said, audience=Audience.OWNER)
    written = await commands(claimed, replace(services, make_database=lambda: rows))
    assert written is not None
    assert written.text == told
    ((_, arguments),) = rows.calls
    assert arguments == {
        "organization_id": claimed.turn.organization.id,
        "conversation_id": claimed.turn.conversation_id,
        "paused": paused,
    }


@pytest.mark.parametrize(
    ("said", "audience"), [("#pausa", Audience.CLIENT), ("pausa", Audience.OWNER), ("o que faz #bot?", Audience.OWNER)]
)
async def test_nothing_else_is_a_command(services: Services, rows: GivenRows, said: str, audience: Audience) -> None:
    """A customer commands nobody, and a sentence is no command."""
    assert await commands(open_turn(said, audience=audience), replace(services, make_database=lambda: rows)) is None
    assert rows.calls == []


async def test_an_answer_of_another_shape_is_an_error(services: Services, rows: GivenRows) -> None:
    """Nobody is told of a switch that nobody knows of."""
    rows.rows["pause_all"] = {"outcome": "perhaps"}
    with pytest.raises(DatabaseError, match="pause_all answered in an unexpected shape: outcome"):
        await commands(open_turn("#pausa", audience=Audience.OWNER), replace(services, make_database=lambda: rows))
