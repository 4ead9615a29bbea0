"""A run may end anywhere: the trip still makes one reply, or says honestly that nobody knows."""

import pytest

from shared.errors import DatabaseError
from tests.integration.jobs.conftest import Line, PowerCutError, says

#: The whole trip, call by call. `publish` comes twice: after the receipt and after the reply.
CALLS = [
    "receive_message",
    "publish",
    "claim_reply",
    "model",
    "complete_reply",
    "claim_send",
    "send_text",
    "complete_send",
]

#: Where a cut leaves nobody to tell whether the message left.
IN_DOUBT = ["after claim_send", "before send_text", "after send_text", "before complete_send"]


def steps() -> list[tuple[str, int]]:
    """Each call before and after, with the number of times it is passed before the fuse blows."""
    once = [(f"{when} {call}", 1) for call in CALLS for when in ("before", "after")]
    return [*once, ("before publish", 2), ("after publish", 2)]


@pytest.mark.parametrize(("step", "time"), steps())
@pytest.mark.parametrize("error", [PowerCutError, DatabaseError])
async def test_a_crash_between_any_two_calls_loses_and_doubles_nothing(
    line: Line, step: str, time: int, error: type[BaseException]
) -> None:
    """The queue delivers again; the customer gets the answer once."""
    line.fuse.error = error
    await line.webhook()
    if time == 2:
        await line.step()
    line.fuse.blow_at = step
    await line.run()
    assert line.fuse.blow_at is None, "the step was passed"
    assert line.dead == []
    assert line.open_messages() == 0
    assert line.states() == ["sent"]
    assert line.texts == ["Olá!"]


@pytest.mark.parametrize("first", IN_DOUBT)
@pytest.mark.parametrize(
    "second", [f"{when} {call}" for call in ("find_sent", "settle_send") for when in ("before", "after")]
)
async def test_a_crash_while_a_doubt_is_settled_sends_nothing_twice(line: Line, first: str, second: str) -> None:
    """A second crash, in the middle of asking the gateway: the answer still arrives once."""
    line.fuse.blow_at = first
    await line.webhook()
    while line.fuse.blow_at is not None:
        await line.step()
    line.fuse.blow_at = second
    await line.run()
    assert line.fuse.blow_at is None, "the step was passed"
    assert line.dead == []
    assert line.states() == ["sent"]
    assert line.texts == ["Olá!"]


@pytest.mark.parametrize("step", IN_DOUBT)
async def test_the_next_answer_waits_for_the_doubt_and_then_leaves(line: Line, step: str) -> None:
    """Order needs to know what became of the first: both arrive, in order, once each."""
    line.fuse.blow_at = step
    line.model.script.extend([says("Primeira"), says("Segunda")])
    await line.webhook("Oi")
    while line.fuse.blow_at is not None:
        await line.step()
    await line.webhook("E aí?")
    await line.run()
    assert line.texts == ["Primeira", "Segunda"]
    assert line.states() == ["sent", "sent"]


@pytest.mark.parametrize("step", [f"{when} {call}" for call in CALLS for when in ("before", "after")])
async def test_a_crash_in_a_burst_loses_and_doubles_nothing(line: Line, step: str) -> None:
    """Two messages, one crash, every delivery doubled: each message is covered once and nothing is sent twice."""
    line.fuse.blow_at = step
    for text in ("Oi", "Quanto é o banho?"):
        await line.webhook(text)
    await line.run(times=2)
    assert line.open_messages() == 0
    assert line.dead == []
    assert line.texts == ["Olá!"]
    assert line.states() == ["sent"]
