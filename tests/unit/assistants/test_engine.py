"""The tool loop under a model that follows a script."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.assistants.engine import Assistant, Limits
from shared.assistants.roster import assistant_for
from shared.errors import DatabaseError, ModelError, NonRetriableError, NotFoundError, RetryAfterError
from shared.models import Audience, Interaction, Speaker
from tests.unit.assistants.conftest import GivenRows, ManualClock, ScriptedModel, calls, says, turn_of, wrote

LATER = (wrote("Oi"), wrote("Olá!", by=Speaker.ASSISTANT), wrote("E o banho?"))
Build = Callable[[Limits], Assistant]


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
    asked = calls(("list_services", "{}"), ("business_hours", ""))
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
    assert "week" in json.loads(told[2].content or "")
    assert answer.interaction.tools == ("list_services", "business_hours")


async def test_one_interaction_adds_up_the_rounds(assistant: Assistant, model: ScriptedModel) -> None:
    """Tokens, time and tools of every round are in the one record."""
    model.takes = timedelta(milliseconds=1250)
    model.script = [calls(("list_services", "{}"), tokens=(100, 7)), says("Pronto.", tokens=(150, 20))]
    answer = await assistant.answer(turn_of())
    assert answer.interaction == Interaction(
        model="scripted",
        prompt_tokens=250,
        completion_tokens=27,
        latency_ms=2500,
        rounds=2,
        tools=("list_services",),
    )


async def test_the_last_round_offers_no_tools(build: Build, model: ScriptedModel) -> None:
    """The model is made to answer with what it has."""
    model.script = [calls(("list_services", "{}")), calls(("list_services", "{}")), says("Pronto.")]
    await build(Limits(rounds=3)).answer(turn_of())
    assert [len(tools) for _, tools in model.asked] == [3, 3, 0]


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
