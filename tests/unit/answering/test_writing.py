"""What a claimed turn comes to, and what speaks against asking the model."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.answering.writing import write
from shared.answering.written import Written
from shared.models import Audience, OpenTurn, Speaker, Spend, Turn
from shared.ports import Verdict
from shared.services import Services
from shared.settings import ModelPrice
from tests.unit.assistants.conftest import NOON, GivenRows, ManualClock, ScriptedModel, calls, says, turn_of, wrote

AUTO_REPLY = "Esta é uma mensagem automática. Retornaremos assim que possível."
AFTER_OUR_ANSWER = (
    wrote("Olá! Como posso ajudar?", by=Speaker.ASSISTANT, at=NOON - timedelta(seconds=5)),
    wrote(AUTO_REPLY, at=NOON),
)


class GivenVerdict:
    """A limiter that says what it is told to, and keeps what it was asked."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked: list[tuple[UUID, int, int]] = []

    async def admit(self, conversation_id: UUID, *, seq: int, messages: int = 1) -> Verdict:
        self.asked.append((conversation_id, seq, messages))
        return self.verdict


def open_turn(turn: Turn, **changes: Any) -> OpenTurn:
    """A turn of three messages, the newest number 7, in time and within budget, unless changed."""
    given = {"covers_seq": 7, "messages": 3, "overdue": False, "spend": Spend(spent=0, limit=None, warned=False)}
    return OpenTurn(turn=turn, **{**given, **changes})


def allowing(services: Services, model: ScriptedModel, rows: GivenRows, *, clock: ManualClock) -> Services:
    """Services whose limiter allows everything."""
    limiter = GivenVerdict(Verdict.ALLOWED)
    prices = (ModelPrice(model="scripted", prompt=1_000_000, completion=2_000_000),)
    return replace(
        services,
        settings=replace(services.settings, model_prices=prices),
        clock=clock,
        make_model=lambda: model,
        make_database=lambda: rows,
        make_limiter=lambda: limiter,
    )


@pytest.fixture
def composed(services: Services, model: ScriptedModel, rows: GivenRows, clock: ManualClock) -> Services:
    return allowing(services, model, rows, clock=clock)


async def test_the_assistant_answers_and_its_cost_is_kept(composed: Services, model: ScriptedModel) -> None:
    """Nothing speaks against it: the model's text is the answer, with its cost in millionths."""
    model.script = [says("Sou um assistente automático. Oi!", tokens=(100, 10))]

    written = await write(open_turn(turn_of()), composed)

    assert written.text == "Sou um assistente automático. Oi!"
    assert (written.decision, written.notice, written.spend_notice) == (None, None, None)
    assert written.interactions[0] is not None
    assert written.interactions[0]["cost_micros"] == 100 + 20


async def test_a_handover_tells_the_owner_why(composed: Services, model: ScriptedModel) -> None:
    """The notice to the owner names the contact and the reason."""
    model.script = [
        calls(("hand_over_to_human", '{"reason": "quer falar com a dona"}')),
        says("Sou um assistente automático. Já chamei."),
    ]

    written = await write(open_turn(turn_of()), composed)

    assert written.hand_over_reason == "quer falar com a dona"
    assert "Maria" in (written.notice or "")
    assert "quer falar com a dona" in (written.notice or "")


NOT_ASKED: list[tuple[str, OpenTurn, Verdict]] = [
    ("overdue", open_turn(turn_of(), overdue=True), Verdict.ALLOWED),
    ("looping", open_turn(turn_of(*AFTER_OUR_ANSWER)), Verdict.ALLOWED),
    ("too many, told", open_turn(turn_of()), Verdict.NOTICE),
    ("too many, silent", open_turn(turn_of()), Verdict.SILENT),
    ("budget", open_turn(turn_of(), spend=Spend(spent=10, limit=10, warned=True)), Verdict.ALLOWED),
    (
        "owner's budget",
        open_turn(turn_of(audience=Audience.OWNER), spend=Spend(spent=10, limit=10, warned=True)),
        Verdict.ALLOWED,
    ),
]

EXPECTED: dict[str, dict[str, Any]] = {
    "overdue": {"says": "Desculpe a demora", "calls": True},
    "looping": {"decision": "looping"},
    "too many, told": {"says": "muitas mensagens"},
    "too many, silent": {"decision": "rate_limited"},
    "budget": {"says": "uma pessoa vai responder", "calls": True},
    "owner's budget": {"says": "limite do mês"},
}


async def test_who_calls_for_help_is_heard_however_much_they_write(composed: Services, model: ScriptedModel) -> None:
    """An emergency calls a person also when the messages of a person are too many to be answered."""
    limited = replace(composed, make_limiter=lambda: GivenVerdict(Verdict.SILENT))

    help_wanted = wrote("meu cachorro foi atropelado").model_copy(update={"open": True})

    written = await write(open_turn(turn_of(help_wanted)), limited)

    assert written.hand_over_reason is not None
    assert written.notice is not None
    assert model.asked == []


@pytest.mark.parametrize(("case", "claimed", "verdict"), NOT_ASKED, ids=[case for case, _, _ in NOT_ASKED])
async def test_what_speaks_against_it_keeps_the_model_from_being_asked(
    composed: Services, model: ScriptedModel, case: str, claimed: OpenTurn, verdict: Verdict
) -> None:
    """Overdue turns, other bots, too many messages and a spent budget cost no call to the model."""
    expected = EXPECTED[case]

    written = await write(claimed, replace(composed, make_limiter=lambda: GivenVerdict(verdict)))

    assert model.asked == []
    assert written.interactions == ()
    assert written.decision == expected.get("decision")
    assert (written.text is None) == ("says" not in expected)
    assert expected.get("says", "") in (written.text or "")
    assert (written.hand_over_reason is not None) == expected.get("calls", False)
    assert (written.notice is not None) == expected.get("calls", False)


async def test_owners_are_never_limited_nor_taken_for_machines(composed: Services, model: ScriptedModel) -> None:
    """An owner may write as much and as often the same as an owner likes."""
    model.script = [says("Você tem 4 agendamentos.")]
    limiter = GivenVerdict(Verdict.SILENT)

    written = await write(
        open_turn(turn_of(*AFTER_OUR_ANSWER, audience=Audience.OWNER)), replace(composed, make_limiter=lambda: limiter)
    )

    assert written.text == "Você tem 4 agendamentos."
    assert limiter.asked == []


async def test_the_limiter_counts_the_messages_of_the_turn(composed: Services, model: ScriptedModel) -> None:
    """A burst counts as many messages as it has, under the number of its newest."""
    model.script = [says("Sou um assistente automático.")]
    limiter = GivenVerdict(Verdict.ALLOWED)
    turn = turn_of()

    await write(open_turn(turn), replace(composed, make_limiter=lambda: limiter))

    assert limiter.asked == [(turn.conversation_id, 7, 3)]


@pytest.mark.parametrize(
    ("spend", "percent"),
    [
        (Spend(spent=0, limit=None, warned=False), None),
        (Spend(spent=679, limit=1000, warned=False), None),
        (Spend(spent=680, limit=1000, warned=False), "80%"),
        (Spend(spent=990, limit=1000, warned=False), "111%"),
        (Spend(spent=900, limit=1000, warned=True), None),
    ],
    ids=["no limit", "below", "reaches it", "jumps over it", "told before"],
)
async def test_owners_are_told_once_that_most_of_the_budget_is_spent(
    composed: Services, model: ScriptedModel, spend: Spend, percent: str | None
) -> None:
    """The answer that takes the month's spend over 80 % brings a notice to the owners with it."""
    model.script = [says("Sou um assistente automático.", tokens=(100, 10))]

    written: Written = await write(open_turn(turn_of(), spend=spend), composed)

    assert (written.spend_notice is None) == (percent is None)
    assert (percent or "") in (written.spend_notice or "")
