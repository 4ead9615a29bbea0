"""A tool's plan becomes what the person is asked to agree to."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from shared.assistants.desks.desk import Desk
from shared.assistants.desks.proposals import proposal_tools
from shared.assistants.engine import Assistant, Briefing, Limits
from shared.assistants.proposals import Plan, ProposalKind, propose
from shared.assistants.tools import Arguments, Deed, NoArguments, Tool, ToolResult
from shared.models import Audience, Locale, OpenProposal
from tests.unit.assistants.conftest import GivenRows, ManualClock, ScriptedModel, calls, says, turn_of

PLAN = Plan(kind=ProposalKind.CANCEL, action={"booking_id": str(UUID(int=3))}, preview="Cancelar corte \u200b\n")
PROPOSAL = OpenProposal(id=UUID(int=5), kind="cancel", preview="Cancelar corte")


def desk_of(rows: GivenRows, audience: Audience = Audience.CLIENT, locale: Locale = "pt-BR") -> Desk:
    turn = turn_of(audience=audience, locale=locale).model_copy(update={"covers_seq": 7})
    return Desk(turn=turn, database=rows)


@pytest.mark.parametrize(
    ("audience", "locale", "code", "how"),
    [
        (Audience.CLIENT, "pt-BR", None, "Posso confirmar? Responda *sim* ou *não*."),
        (Audience.CLIENT, "en", None, "Shall I confirm it? Answer *yes* or *no*."),
        (Audience.OWNER, "pt-BR", None, "Responda *1* para confirmar, *2* para mudar ou *3* para desistir."),
        (Audience.OWNER, "pt-BR", "0042", "Responda *1 0042* para confirmar, *2* para mudar ou *3* para desistir."),
        (Audience.OWNER, "en", "0042", "Answer *1 0042* to confirm, *2* to change it or *3* to drop it."),
    ],
)
async def test_the_answer_must_hold_what_was_written_down_and_how_to_agree(
    rows: GivenRows, audience: Audience, locale: Locale, *, code: str | None, how: str
) -> None:
    """Word for word; the code is for the person, so the model is not told it."""
    rows.rows = {"propose": {"id": str(UUID(int=5)), "code": code, "preview": "Cancelar corte", "created": True}}
    result = await propose(desk_of(rows, audience, locale), tool="cancel", arguments=NoArguments(), plan=PLAN)
    assert result.must_say == f"Cancelar corte\n\n{how}"
    assert result.deeds == {Deed.PROPOSED}
    assert code is None or code not in str(result.data)


async def test_beside_a_routine_s_proposal_or_in_its_place_the_answer_says_so(rows: GivenRows) -> None:
    """Whatever takes a code says it of each number; what takes another's place names it by its first line."""
    proposed = {"id": str(UUID(int=5)), "code": "0042", "by_code": True, "preview": "Cancelar corte", "created": True}
    rows.rows = {"propose": proposed}
    desk = desk_of(rows, Audience.OWNER)
    beside = await propose(desk, tool="cancel", arguments=NoArguments(), plan=PLAN)
    assert beside.must_say is not None
    assert beside.must_say.endswith("Responda *1 0042* para confirmar, *2 0042* para mudar ou *3 0042* para desistir.")
    rows.rows = {"propose": {**proposed, "by_code": False, "code": None, "displaced": "Parabéns para *Ana*:\n\nOi!"}}
    displacing = await propose(desk, tool="cancel", arguments=NoArguments(), plan=PLAN)
    assert displacing.must_say is not None
    assert displacing.must_say.endswith("desistir.\n\nA proposta anterior deixa de valer: Parabéns para *Ana*")


async def test_the_same_call_in_a_repeated_turn_has_the_same_key(rows: GivenRows) -> None:
    """The database is told the turn, the kind, the ids, the cleaned preview and how long it stands."""
    rows.rows = {"propose": {"id": str(UUID(int=5)), "code": None, "preview": "Cancelar corte", "created": False}}
    for audience in (Audience.CLIENT, Audience.CLIENT, Audience.OWNER):
        await propose(desk_of(rows, audience), tool="cancel", arguments=NoArguments(), plan=PLAN)
    first, again, owner = (asked["proposal"] for _, asked in rows.calls)
    assert first == again
    assert isinstance(first, dict)
    assert isinstance(owner, dict)
    assert (first["turn_seq"], first["kind"], first["action"]) == (7, "cancel", PLAN.action)
    assert (first["preview"], first["idempotency_key"][:9]) == ("Cancelar corte", "7.cancel.")
    assert (first["valid_seconds"], owner["valid_seconds"]) == (30 * 60, 12 * 60 * 60)


@pytest.mark.parametrize("refused", ["forbidden", "unknown", "too_many"])
async def test_what_may_not_be_done_is_an_error_to_the_model(rows: GivenRows, refused: str) -> None:
    """Nothing is shown, nothing was proposed."""
    rows.rows = {"propose": {"refused": refused}}
    result = await propose(desk_of(rows), tool="cancel", arguments=NoArguments(), plan=PLAN)
    assert (result.data, result.must_say, result.deeds) == ({"error": refused}, None, frozenset())


def test_only_a_customer_with_an_earlier_proposal_can_have_the_model_agree(rows: GivenRows) -> None:
    """Not in the turn that proposes, and never for an owner."""
    for audience, proposal, names in (
        (Audience.CLIENT, None, []),
        (Audience.OWNER, PROPOSAL, []),
        (Audience.CLIENT, PROPOSAL, ["confirm_proposal", "drop_proposal"]),
    ):
        desk = desk_of(rows, audience)
        desk = replace(desk, turn=desk.turn.model_copy(update={"proposal": proposal}))
        assert [tool.name for tool in proposal_tools(desk)] == names


@pytest.mark.parametrize(
    ("tool", "choice", "outcome", "deeds"),
    [
        ("confirm_proposal", "accept", "done", {Deed.CANCELLED}),
        ("confirm_proposal", "accept", "too_late", set()),
        ("drop_proposal", "drop", "dropped", set()),
    ],
)
async def test_the_model_agrees_with_the_outcome_in_our_words(
    rows: GivenRows, *, tool: str, choice: str, outcome: str, deeds: set[Deed]
) -> None:
    """What came of it must be in the answer; a deed is only what was done."""
    facts: dict[str, Any] = {"service": "Corte", "starts_at": "2026-11-25T18:00:00+00:00"}
    rows.rows = {"decide_proposal": {"outcome": outcome, "kind": "cancel", "result": facts, "unsent": []}}
    desk = desk_of(rows)
    desk = replace(desk, turn=desk.turn.model_copy(update={"proposal": PROPOSAL}))
    result = await next(each for each in proposal_tools(desk) if each.name == tool).call("{}")
    assert result.data == {"outcome": outcome}
    assert set(result.deeds) == deeds
    assert result.must_say
    decision: Any = rows.calls[0][1]["decision"]
    assert decision == {"proposal_id": str(PROPOSAL.id), "choice": choice, "code": None, "seq": 7}


async def test_what_another_run_settled_is_not_told_twice(rows: GivenRows) -> None:
    """Nothing is open any more: the model is told so."""
    rows.rows = {"decide_proposal": {"outcome": "none", "kind": None, "result": None, "unsent": []}}
    desk = desk_of(rows)
    desk = replace(desk, turn=desk.turn.model_copy(update={"proposal": PROPOSAL}))
    result = await proposal_tools(desk)[0].call("{}")
    assert (result.data, result.must_say) == ({"error": "nothing_to_decide"}, None)


class _Wish(Arguments):
    what: str


async def test_of_two_proposals_of_one_turn_the_last_is_shown(model: ScriptedModel, clock: ManualClock) -> None:
    """It replaced the other one, so a yes agrees to nothing but what the person reads."""

    async def run(wish: _Wish) -> ToolResult:
        return ToolResult(data={}, must_say=f"Marcar {wish.what}", deeds=frozenset({Deed.PROPOSED}))

    tool = Tool(name="book", description="Book.", arguments=_Wish, run=run)
    model.script = [
        calls(("book", '{"what": "banho"}'), ("book", '{"what": "tosa"}')),
        says("Sou automático, assistente."),
    ]
    assistant = Assistant(
        Audience.CLIENT, lambda _: Briefing(system="", tools=(tool,)), model=model, clock=clock, limits=Limits()
    )
    answer = await assistant.answer(turn_of())
    assert answer.text.endswith("Marcar tosa")
    assert "banho" not in answer.text
