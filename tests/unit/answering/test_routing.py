"""A person is called at once, without a model, and everybody concerned is told."""

import pytest

from shared.answering.routing import routing
from shared.models import Audience
from shared.services import Services
from shared.whatsapp.events import Kind
from tests.unit.answering.test_consent import open_turn
from tests.unit.assistants.conftest import wrote


@pytest.mark.parametrize(
    ("said", "reply", "reason"),
    [
        (("Oi", "meu cachorro foi atropelado"), "emergência", "possível emergência"),
        (("quero falar com um atendente", "ele está sangrando"), "emergência", "possível emergência"),
        (("quero falar com um atendente",), "Avisei a equipe", "pediu para falar com uma pessoa"),
    ],
)
async def test_the_customer_and_the_owner_are_told(
    services: Services, said: tuple[str, ...], reply: str, reason: str
) -> None:
    """The reply, the handover and the notice with the customer's words are one answer; an emergency goes first."""
    written = await routing(open_turn(*said), services)
    assert written is not None
    assert reply in (written.text or "")
    assert written.hand_over_reason == reason
    assert reason in (written.notice or "")
    assert f"- {said[-1]}" in (written.notice or "")


async def test_everything_else_is_the_models(services: Services) -> None:
    """Questions about the service, old messages, places' names, and owners."""
    before = (wrote("meu cachorro está sangrando"), wrote("Já avisei."))
    assert await routing(open_turn("vocês atendem emergência?"), services) is None
    assert await routing(open_turn("obrigado", before=before), services) is None
    assert await routing(open_turn(wrote("Emergência", kind=Kind.LOCATION)), services) is None
    assert await routing(open_turn("emergência", audience=Audience.OWNER), services) is None
