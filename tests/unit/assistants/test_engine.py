"""The tool loop under a model that follows a script."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.assistants.engine import Assistant, Briefing, Limits
from shared.assistants.ledger import Ledger
from shared.assistants.roster import assistant_for
from shared.assistants.texts import texts_for
from shared.assistants.tools import Deed, NoArguments, Tool, ToolResult
from shared.errors import CircuitOpenError, DatabaseError, ModelError, NonRetriableError, NotFoundError, RetryAfterError
from shared.models import Audience, Interaction, Speaker
from tests.unit.assistants.conftest import GivenRows, ManualClock, ScriptedModel, calls, says, turn_of, wrote

LATER = (wrote("Oi"), wrote("Olá!", by=Speaker.ASSISTANT), wrote("E o banho?"))
Build = Callable[[Limits], Assistant]


def per_token(_model: str, /, *, prompt_tokens: int, completion_tokens: int) -> int:
    """A price of one millionth for each token."""
    return prompt_tokens + completion_tokens


@pytest.fixture
def build(model: ScriptedModel, rows: GivenRows, clock: ManualClock) -> Build:
    """The client assistant within given limits."""

    def assistant(limits: Limits) -> Assistant:
        return assistant_for(Audience.CLIENT, model=model, database=rows, clock=clock, limits=limits)

    return assistant


@pytest.fixture
def assistant(build: Build) -> Assistant:
    return build(Limits())


@pytest.fixture
def aurora(model: ScriptedModel, rows: GivenRows, clock: ManualClock) -> Assistant:
    """The owner's assistant, whose tools ask the database."""
    return assistant_for(Audience.OWNER, model=model, database=rows, clock=clock)


async def test_an_answer_in_words_ends_the_turn(assistant: Assistant, model: ScriptedModel) -> None:
    """One call to the model, its text, and nothing handed over."""
    model.script = [says("Olá, Maria!")]
    answer = await assistant.answer(turn_of(*LATER))
    assert (answer.text, answer.hand_over_reason, len(model.asked)) == ("Olá, Maria!", None, 1)


async def test_tools_are_run_in_order_and_their_results_told(assistant: Assistant, model: ScriptedModel) -> None:
    """Each call gets one result with its id, after the message that asked for it."""
    asked = calls(("list_services", "{}"), ("list_services", ""))
    model.script = [asked, says("Pronto.")]
    answer = await assistant.answer(turn_of())
    told = model.asked[1][0][-3:]
    assert [(message.role, message.tool_call_id) for message in told] == [
        ("assistant", None),
        ("tool", "call-0"),
        ("tool", "call-1"),
    ]
    assert told[0].tool_calls == asked.tool_calls
    assert json.loads(told[1].content or "") == {"services": []}
    assert json.loads(told[2].content or "") == {"services": []}
    assert answer.interactions[0].tools == ("list_services", "list_services")


async def test_each_call_to_the_model_is_an_interaction(assistant: Assistant, model: ScriptedModel) -> None:
    """With its own tokens, time, cost and tools, and what it came to."""
    model.takes = timedelta(milliseconds=1250)
    model.script = [
        calls(("list_services", "{}"), ("made_up", "{}"), tokens=(100, 7)),
        says("Pronto.", tokens=(150, 20)),
    ]
    ledger = Ledger(price=per_token)
    answer = await assistant.answer(turn_of(), ledger)
    assert (
        answer.interactions
        == ledger.interactions
        == (
            Interaction(
                model="scripted",
                prompt_tokens=100,
                completion_tokens=7,
                cost_micros=107,
                latency_ms=1250,
                round=1,
                tools=("list_services",),
                outcome="called_tools",
            ),
            Interaction(
                model="scripted",
                prompt_tokens=150,
                completion_tokens=20,
                cost_micros=170,
                latency_ms=1250,
                round=2,
                outcome="answered",
            ),
        )
    )


@pytest.mark.parametrize(
    ("failure", "recorded"),
    [
        (ModelError("500"), [("scripted", "called_tools"), ("configured", "failed")]),
        (RetryAfterError("429", delay=timedelta(seconds=3)), [("scripted", "called_tools"), ("configured", "failed")]),
        (CircuitOpenError("open", delay=timedelta(seconds=3)), [("scripted", "called_tools")]),
        (None, [("scripted", "called_tools"), ("scripted", "failed")]),
    ],
)
async def test_calls_are_in_the_ledger_when_the_turn_fails(
    assistant: Assistant, model: ScriptedModel, failure: Exception | None, recorded: list[tuple[str, str]]
) -> None:
    """The failed one too, under the configured name when no model answered; not one that the breaker held back."""
    model.script = [calls(("list_services", "{}")), failure or says("")]
    ledger = Ledger(model="configured")
    with pytest.raises((ModelError, RetryAfterError)):
        await assistant.answer(turn_of(), ledger)
    assert [(call.model, call.outcome) for call in ledger.interactions] == recorded


@pytest.mark.parametrize(
    ("limits", "told"),
    [(Limits(tokens=106), "106 tokens"), (Limits(cost_micros=106), "106 millionths")],
)
async def test_no_call_starts_once_tokens_or_money_are_used_up(
    build: Build, model: ScriptedModel, limits: Limits, told: str
) -> None:
    """The turn fails with the limit's name; at the limit itself it goes on."""
    script = [calls(("list_services", "{}"), tokens=(100, 7)), says("Pronto.")]
    model.script = [*script]
    with pytest.raises(ModelError, match=told):
        await build(limits).answer(turn_of(), Ledger(price=per_token))
    assert len(model.asked) == 1
    model.script = [*script]
    await build(Limits(tokens=107, cost_micros=107)).answer(turn_of(), Ledger(price=per_token))


async def test_only_so_many_tools_run_at_once(build: Build, model: ScriptedModel) -> None:
    """Every call gets a result; those beyond the limit are not run, and are no mistakes of the turn."""
    model.script = [calls(*[("list_services", "{}")] * 5), says("Pronto.")]
    answer = await build(Limits(calls_per_round=2, refusals=0)).answer(turn_of())
    results = [json.loads(result) for result in model.tool_results()]
    assert ["error" in result for result in results] == [False, False, True, True, True]
    assert answer.interactions[0].tools == ("list_services", "list_services")


async def test_the_last_round_offers_no_tools(build: Build, model: ScriptedModel) -> None:
    """The model is made to answer with what it has."""
    model.script = [calls(("list_services", "{}")), calls(("list_services", "{}")), says("Pronto.")]
    await build(Limits(rounds=3)).answer(turn_of())
    assert [bool(tools) for _, tools in model.asked] == [True, True, False]


async def test_a_model_that_never_answers_is_an_error(build: Build, model: ScriptedModel, rows: GivenRows) -> None:
    """Tools called in the last round are not run, and the turn fails."""
    model.script = [calls(("hand_over_to_human", '{"reason": "x"}')), calls(("list_services", "{}"))]
    with pytest.raises(ModelError, match="2 rounds"):
        await build(Limits(rounds=2)).answer(turn_of())
    assert rows.calls == []


@pytest.mark.parametrize("text", [None, "", " \n ", "\u200b\x00", "[Equipe]", "[Equipe] "])
async def test_an_empty_answer_is_an_error(assistant: Assistant, model: ScriptedModel, text: str | None) -> None:
    """Nothing is made up in place of a text that is missing."""
    model.script = [says(text)]
    with pytest.raises(ModelError, match="without text"):
        await assistant.answer(turn_of())


async def test_a_round_does_not_start_after_the_time_is_up(build: Build, model: ScriptedModel) -> None:
    """At the limit it still starts; past the limit the turn fails."""
    model.takes = timedelta(seconds=20)
    model.script = [calls(("list_services", "{}")), says("Pronto.")]
    assert (await build(Limits(duration=timedelta(seconds=20))).answer(turn_of(*LATER))).text == "Pronto."
    model.script = [calls(("list_services", "{}")), says("Tarde.")]
    with pytest.raises(ModelError, match=r"19\.5 s"):
        await build(Limits(duration=timedelta(seconds=19.5))).answer(turn_of())
    assert len(model.script) == 1


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("cancel_booking", "{}", "there is no tool of this name"),
        ("find_contact", '{"query": "Ana"}', "there is no tool of this name"),
        ("hand_over_to_human", "{}", "reason"),
        ("hand_over_to_human", '{"reason": ""}', "reason"),
        ("hand_over_to_human", '{"reason": "\\u200b"}', "reason"),
        ("hand_over_to_human", '{"reason": 5}', "reason"),
        ("hand_over_to_human", '{"reason": "x", "organization_id": "y"}', "organization_id"),
        ("hand_over_to_human", '{"reason": "x"', "invalid arguments"),
        ("hand_over_to_human", '["x"]', "invalid arguments"),
        ("list_services", '{"all": true}', "all"),
    ],
)
async def test_a_wrong_call_is_told_to_the_model(
    assistant: Assistant, model: ScriptedModel, name: str, arguments: str, told: str
) -> None:
    """It gets an error as the result and may go on; nothing was done."""
    model.script = [calls((name, arguments)), says("Certo.")]
    answer = await assistant.answer(turn_of())
    [result] = model.tool_results()
    assert told in json.loads(result)["error"]
    assert answer.hand_over_reason is None


async def test_only_so_many_calls_may_go_wrong(build: Build, model: ScriptedModel) -> None:
    """Past the limit the turn fails, and the error quotes nothing the model wrote."""
    model.script = [calls(*[("secret words", "{}")] * 2), calls(("secret words", "{}")), says("Certo.")]
    with pytest.raises(ModelError, match="3 tool calls") as error:
        await build(Limits(refusals=2)).answer(turn_of())
    assert "secret" not in str(error.value)


async def test_what_the_database_does_not_know_is_told(
    aurora: Assistant, model: ScriptedModel, rows: GivenRows
) -> None:
    """A tool's own not-found is the model's to explain."""
    rows.rows["figures"] = NotFoundError("there is no organization 7")
    model.script = [calls(("figures", '{"period": "today"}')), says("Não encontrei.")]
    await aurora.answer(turn_of(audience=Audience.OWNER))
    assert model.tool_results() == ['{"error": "not found"}']


@pytest.mark.parametrize("outage", [DatabaseError("down"), NonRetriableError("no such function")])
async def test_a_broken_database_is_not_told_to_the_model(
    aurora: Assistant, model: ScriptedModel, rows: GivenRows, outage: Exception
) -> None:
    """The error goes on to whoever runs the job."""
    rows.rows["figures"] = outage
    model.script = [calls(("figures", '{"period": "today"}')), says("Desculpe.")]
    with pytest.raises(type(outage)):
        await aurora.answer(turn_of(audience=Audience.OWNER))


async def test_a_row_of_another_shape_is_a_database_error(
    aurora: Assistant, model: ScriptedModel, rows: GivenRows
) -> None:
    """The error names the function and the fields, not their values."""
    rows.rows["find_contact"] = [{"name": "Ana", "bookings": "sixty"}]
    model.script = [calls(("find_contact", '{"query": "Ana"}'))]
    with pytest.raises(DatabaseError, match=r"find_contact .*0\.bookings") as error:
        await aurora.answer(turn_of(audience=Audience.OWNER))
    assert "sixty" not in str(error.value)


@pytest.mark.parametrize("failure", [ModelError("500"), RetryAfterError("429", delay=timedelta(seconds=3))])
async def test_the_model_s_failure_goes_on_as_it_is(
    assistant: Assistant, model: ScriptedModel, failure: Exception
) -> None:
    """No apology takes its place."""
    model.script = [failure]
    with pytest.raises(type(failure)) as error:
        await assistant.answer(turn_of())
    assert error.value is failure


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("  Olá!\r\nTudo bem? ", "Olá!\nTudo bem?"),
        ("[Equipe] Olá!", "Olá!"),
        ("Olá \ud83d!", "Olá !"),
        ("a" * 5000, "a" * 4095 + "…"),
    ],
)
async def test_the_text_is_fit_to_be_sent(assistant: Assistant, model: ScriptedModel, text: str, sent: str) -> None:
    """No control characters, no colleague's mark, no more than WhatsApp takes."""
    model.script = [says(text)]
    assert (await assistant.answer(turn_of(*LATER))).text == sent


PREVIEW = "Banho, 25/11 às 15:00, R$ 80,00. Posso marcar? (sim/não)"


def deciding(result: ToolResult, model: ScriptedModel, clock: ManualClock) -> Assistant:
    """A client assistant with one tool, whose result is given."""

    async def run(_: NoArguments) -> ToolResult:
        return result

    tool = Tool(name="book_appointment", description="Book.", arguments=NoArguments, run=run)
    return Assistant(
        Audience.CLIENT,
        lambda turn: Briefing(system="Atenda.", tools=(tool,)),
        model=model,
        clock=clock,
        limits=Limits(),
    )


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Olha só:", f"Olha só:\n\n{PREVIEW}"),
        (f"Olha só: {PREVIEW}", f"Olha só: {PREVIEW}"),
        ("Banho às 15h por R$ 80, pode ser?", f"Banho às 15h por R$ 80, pode ser?\n\n{PREVIEW}"),
        ("", PREVIEW),
        ("a" * 5000, "a" * (4096 - len(PREVIEW) - 3) + f"…\n\n{PREVIEW}"),
    ],
)
async def test_what_must_be_said_is_said_word_for_word(
    model: ScriptedModel, clock: ManualClock, text: str, sent: str
) -> None:
    """At the end, once, whole, whatever the model wrote; and its own words may rest on it."""
    proposed = ToolResult(data={"proposed": True}, must_say=PREVIEW, deeds=frozenset({Deed.PROPOSED}))
    model.script = [calls(("book_appointment", "{}"), ("book_appointment", "{}")), says(text)]
    assert (await deciding(proposed, model, clock).answer(turn_of(*LATER))).text == sent


async def test_a_proposal_is_shown_though_the_model_only_calls_tools(model: ScriptedModel, clock: ManualClock) -> None:
    """What was proposed is known to the person, whatever the model makes of it."""
    model.script = [calls(("book_appointment", "{}"))] * 4
    answer = await deciding(ToolResult(data={}, must_say=PREVIEW), model, clock).answer(turn_of(*LATER))
    assert (answer.text, answer.interactions[-1].outcome) == (PREVIEW, "failed")


async def test_effects_and_the_handover_are_carried_to_the_answer(model: ScriptedModel, clock: ManualClock) -> None:
    """Each effect once, and the deed of calling a person may be told."""
    effect = {"kind": "unopened"}
    result = ToolResult(data={}, hand_over_reason="quer uma pessoa", effects=(effect,))
    model.script = [calls(("book_appointment", "{}"), ("book_appointment", "{}")), says("Avisei a equipe.")]
    answer = await deciding(result, model, clock).answer(turn_of(*LATER))
    assert (answer.text, answer.hand_over_reason, answer.effects) == ("Avisei a equipe.", "quer uma pessoa", (effect,))


async def test_an_untrue_text_is_put_to_the_model_again(assistant: Assistant, model: ScriptedModel) -> None:
    """Once, with what is wrong and its tools; the corrected text is the answer."""
    model.script = [says("Agendei para você!"), calls(("list_services", "{}")), says("Ainda não agendei nada.")]
    answer = await assistant.answer(turn_of(*LATER))
    assert (answer.text, answer.hand_over_reason) == ("Ainda não agendei nada.", None)
    assert [call.outcome for call in answer.interactions] == ["refused", "called_tools", "repaired"]
    said, note = model.asked[1][0][-2:]
    assert (said.role, said.content, note.role) == ("assistant", "Agendei para você!", "system")
    assert texts_for("pt-BR").prompts.claimed_deed in (note.content or "")


async def test_a_text_that_stays_untrue_is_not_sent(assistant: Assistant, model: ScriptedModel) -> None:
    """A person is called instead, and the customer is told just that."""
    model.script = [says("O banho custa R$ 10."), says("Custa R$ 12, às 10h.")]
    answer = await assistant.answer(turn_of(*LATER))
    texts = texts_for("pt-BR").prompts
    assert (answer.text, answer.hand_over_reason) == (texts.untrue_reply, texts.untrue_reason)
    assert [call.outcome for call in answer.interactions] == ["refused", "refused"]


async def test_the_owner_is_told_when_a_text_stays_untrue(aurora: Assistant, model: ScriptedModel) -> None:
    """Nobody has to take over from Aurora."""
    model.script = [says("Faturou R$ 10."), says("Faturou R$ 12.")]
    answer = await aurora.answer(turn_of(*LATER, audience=Audience.OWNER))
    assert (answer.text, answer.hand_over_reason) == (texts_for("pt-BR").prompts.untrue_reply_owner, None)


async def test_a_correction_is_asked_for_beyond_the_rounds(build: Build, model: ScriptedModel) -> None:
    """Once, without tools."""
    model.script = [says("Agendei!"), says("Posso agendar?")]
    answer = await build(Limits(rounds=1)).answer(turn_of(*LATER))
    assert (answer.text, [len(tools) for _, tools in model.asked]) == ("Posso agendar?", [0, 0])


async def test_a_turn_of_another_audience_is_refused(assistant: Assistant, model: ScriptedModel) -> None:
    """The customers' assistant never answers the owner, nor Aurora a customer."""
    with pytest.raises(ValueError, match="owner"):
        await assistant.answer(turn_of(audience=Audience.OWNER))
    assert model.asked == []


async def test_a_turn_without_a_message_to_answer_is_refused(assistant: Assistant, model: ScriptedModel) -> None:
    """There is nothing to answer where the contact wrote nothing."""
    with pytest.raises(ValueError, match="no message"):
        await assistant.answer(turn_of(wrote("Olá", by=Speaker.ASSISTANT)))
    assert model.asked == []


def test_limits_without_a_round_are_refused() -> None:
    """An assistant that may not ask cannot answer."""
    with pytest.raises(ValueError, match="one round"):
        Limits(rounds=0)
