"""The trip of a message: receive, reply, send, with the calls that each job is allowed."""

from datetime import timedelta

import pytest

from infra.bench.trip import BUDGETS
from shared.errors import GatewayError, GatewayPausedError, GatewayRefusedError, ModelError, OutcomeUnknownError
from shared.jobs import (
    conversation_reply,
    instance_update,
    maintenance_sweep,
    message_receive,
    message_send,
    message_update,
)
from shared.runner import Done, Failed, RetryAfter
from shared.whatsapp.events import DeliveryStatus, InstanceStateChanged, MessageEcho, MessageStatusChanged
from tests.conftest import MeteredRedis
from tests.integration.conftest import ANA, CARLA
from tests.integration.jobs.conftest import Line, says, uses


async def test_a_question_is_answered(line: Line) -> None:
    """A customer writes; the model's words leave once, to the customer, and are recorded as sent."""
    line.model.script.append(says("Temos banho e tosa."))
    await line.webhook("Quanto custa o banho?")
    await line.run()
    ((address, text),) = line.gateway.sent
    assert address == ANA
    assert text.endswith("Temos banho e tosa.")
    assert line.states() == ["sent"]
    assert line.outcomes == [
        ("message.receive", 1, "stored"),
        ("conversation.reply", 1, "replied"),
        ("message.send", 1, "sent"),
    ]


CALLS = {
    "message.receive": ["receive_message", "publish"],
    "conversation.reply": ["claim_reply", "model", "model", "complete_reply", "publish", "redis /pipeline"],
    "message.send": ["claim_send", "send_text", "complete_send", "redis /"],
}


async def test_every_job_keeps_to_its_budget_of_calls(guarded_line: Line, metered_redis: MeteredRedis) -> None:
    """The first time, when nothing is known yet: receive makes 2 calls, reply 4 and the model's own, send 4."""
    line = guarded_line
    line.model.script.extend([uses("list_services"), says("Só banho.")])
    await line.webhook()
    made: dict[str, list[str]] = {}
    while line.queue.waiting:
        calls, requests = len(line.fuse.calls), len(metered_redis.requests)
        job = line.queue.waiting[0].publication.job
        await line.step()
        made[job] = line.fuse.calls[calls:] + [f"redis {path}" for path in metered_redis.requests[requests:]]
    assert made == CALLS
    assert {job: len([call for call in calls if call != "model"]) for job, calls in made.items()} == {
        job: BUDGETS[job] for job in made
    }


async def test_an_owner_s_answer_keeps_to_the_budget_too(guarded_line: Line, metered_redis: MeteredRedis) -> None:
    """An owner is not limited: the model's breaker is asked by itself, and a tool's look-up comes on top."""
    line = guarded_line
    line.model.script.extend([uses("figures", '{"period": "today"}'), says("Nada hoje.")])
    await line.webhook("Como foi hoje?", phone=CARLA)
    await line.run("message.receive")
    calls, requests = len(line.fuse.calls), len(metered_redis.requests)
    await line.step()
    assert line.fuse.calls[calls:] == ["claim_reply", "model", "figures", "model", "complete_reply", "publish"]
    assert metered_redis.requests[requests:] == ["/"]


async def test_what_is_published_says_how_it_is_to_be_delivered(line: Line) -> None:
    """Delay, deduplication, flow control and the correlation id are the publication's."""
    receive = await line.webhook()
    await line.run()
    _, reply, send = line.queue.published
    assert receive.personal
    assert not reply.personal
    assert (reply.delay, send.delay) == (timedelta(seconds=4), timedelta(0))
    assert reply.flow_control is not None
    assert send.flow_control is not None
    assert reply.flow_control.key == f"reply.{line.business.organization_id}"
    assert (send.flow_control.key, send.flow_control.rate) == (f"send.{line.business.instance_id}", 1)
    for published in (reply, send):
        assert published.deduplication_id is not None
        assert published.deduplication_id.isascii()
        assert published.headers == {"X-Correlation-Id": "trip-1"}
        assert "banho" not in published.body, "what people wrote travels no further than the database"


async def test_a_burst_gets_one_joined_answer(line: Line) -> None:
    """Three messages before the quiet window ends: one call of the model that sees all, one reply."""
    for text in ("Oi", "Tudo bem?", "Quanto é o banho?"):
        await line.webhook(text)
    await line.run()
    assert line.texts == ["Olá!"]
    assert len(line.model.asked) == 1
    assert [message.content for message in line.model.asked[0] if message.role == "user"] == [
        "Oi",
        "Tudo bem?",
        "Quanto é o banho?",
    ]
    assert line.open_messages() == 0


async def test_a_message_that_comes_while_the_answer_is_written_gets_the_next(line: Line) -> None:
    """The model thought for long: the second answer follows the first, in order, and both are sent."""

    def go_on_writing() -> None:
        line.clock.advance(seconds=20)
        line.business.receive("E a tosa?", sent_at=line.clock.now)

    line.model.script.extend([says("Oi!"), says("A tosa é com hora marcada.")])
    line.model.meanwhile = go_on_writing
    await line.webhook("Oi")
    await line.run()
    assert line.texts == ["Oi!", "A tosa é com hora marcada."]
    assert line.states() == ["sent", "sent"]
    assert line.open_messages() == 0


async def test_an_answer_is_withdrawn_when_a_person_types_while_it_is_written(line: Line) -> None:
    """Somebody at the business was faster: the customer hears one voice."""
    line.model.meanwhile = lambda: line.business.receive("Oi Ana, sou a Carla", author="business")
    await line.webhook("Oi")
    await line.run()
    assert line.outcomes[-1] == ("conversation.reply", 1, "fenced")
    assert line.texts == []
    assert line.open_messages() == 0


async def test_a_handover_reaches_the_owner(line: Line) -> None:
    """The customer gets the words, the owner the notice, and the next message waits for a person."""
    line.model.script.extend([uses("hand_over_to_human", '{"reason": "quer falar com a Carla"}'), says("Já chamo!")])
    await line.webhook("Quero conversar sobre uma parceria", name="Ana")
    await line.run()
    (customer, owner) = sorted(line.gateway.sent, key=lambda each: each[0] != ANA)
    assert customer[0] == ANA
    assert customer[1].endswith("Já chamo!")
    assert owner[0] == CARLA.removeprefix("+")
    assert "quer falar com a Carla" in owner[1]
    assert ANA in owner[1]
    await line.webhook("Alguém aí?")
    await line.run()
    assert len(line.gateway.sent) == 2
    assert line.outcomes[-1] == ("message.receive", 1, "handed_over")


async def test_an_owner_is_answered_by_aurora(line: Line) -> None:
    """The owner's question goes to the other assistant, with the day's figures."""
    line.model.script.extend([uses("figures", '{"period": "today"}'), says("Nenhum atendimento hoje.")])
    await line.webhook("Como foi hoje?", phone=CARLA)
    await line.run()
    assert line.gateway.sent == [(CARLA, "Nenhum atendimento hoje.")]
    assert line.calls["figures"] == 1


async def test_what_needs_no_reply_asks_for_none(line: Line) -> None:
    """A reaction is stored with its decision; nothing is published."""
    await line.webhook("👍", kind="reaction")
    await line.run()
    assert line.outcomes == [("message.receive", 1, "ignored")]
    assert line.fuse.calls == ["receive_message"]


@pytest.mark.parametrize("times", [2, 3])
async def test_doubled_deliveries_do_the_work_once(line: Line, times: int) -> None:
    """The queue delivers at least once: everything twice gives one message, one answer, one send."""
    await line.webhook()
    await line.run(times=times)
    assert line.texts == ["Olá!"]
    assert line.states() == ["sent"]
    assert len(line.model.asked) == 1
    assert line.dead == []


async def test_a_reply_that_finds_another_run_waits_for_its_lease(line: Line) -> None:
    """The second run asks to be called again when the lease ends, and finds the work done."""
    await line.webhook()
    await line.step()
    (waiting,) = line.queue.waiting
    body = conversation_reply.ConversationReply.model_validate_json(waiting.publication.body)
    line.business.claim({"conversation_id": str(body.conversation_id), "seq": body.seq}, owner="another")
    outcome = await line.step()
    assert isinstance(outcome, RetryAfter)
    assert outcome.delay == timedelta(seconds=90)
    await line.run()
    assert line.texts == ["Olá!"]


async def test_a_reply_after_a_person_took_over_ends_in_silence(line: Line) -> None:
    """Somebody typed on the business phone within the quiet window."""
    await line.webhook()
    await line.step()
    line.business.receive("Oi Ana, sou a Carla", author="business")
    await line.run()
    assert line.texts == []
    assert line.open_messages() == 0


async def test_a_model_that_fails_is_asked_again(line: Line) -> None:
    """The turn is claimed anew by the next attempt; the customer notices a delay only."""
    line.model.script.extend([ModelError("overloaded"), ModelError("overloaded"), says("Olá!")])
    await line.webhook()
    await line.run()
    assert line.texts == ["Olá!"]
    assert ("conversation.reply", 3, "replied") in line.outcomes


async def test_a_model_that_never_answers_leaves_a_dead_letter_and_an_open_message(line: Line) -> None:
    """Nothing is invented: the reply gives up after its last attempt, and the next message's reply covers both."""
    line.model.script.extend([ModelError("down")] * 5)
    await line.webhook("Oi")
    await line.run()
    assert [each.publication.job for each in line.dead] == ["conversation.reply"]
    assert line.open_messages() == 1
    line.clock.advance(minutes=5)
    await line.webhook("Alô?")
    await line.run()
    assert line.texts == ["Olá!"]
    assert line.open_messages() == 0


async def test_a_gateway_that_cannot_be_reached_is_tried_again(line: Line) -> None:
    """What surely did not leave is sent by the next attempt."""
    line.gateway.script.extend([GatewayError("unreachable")] * 2)
    await line.webhook()
    await line.run()
    assert line.texts == ["Olá!"]
    assert line.outcomes[-1] == ("message.send", 3, "sent")


async def test_a_gateway_whose_answer_was_lost_is_asked_what_became_of_it(line: Line) -> None:
    """It left: a minute later the gateway says so, and nothing is sent again."""
    line.gateway.answer_lost = True
    await line.webhook()
    await line.run(times=2)
    assert line.texts == ["Olá!"]
    assert line.states() == ["sent"]


async def test_a_gateway_that_is_left_alone_costs_no_answer(line: Line) -> None:
    """Attempts at which nothing was tried are not the last: however long the circuit stays open, the answer leaves."""
    line.model.script.append(says("Temos banho e tosa."))
    line.gateway.script.extend([GatewayPausedError("left alone", delay=timedelta(seconds=10))] * 9)
    await line.webhook()
    await line.run()
    assert line.texts == ["Temos banho e tosa."]
    assert (line.states(), line.dead) == (["sent"], [])
    assert [word for job, _, word in line.outcomes if job == "message.send"].count("put_off") == 2


async def test_what_the_gateway_does_not_have_is_sent_again_once(line: Line) -> None:
    """It did not leave: the customer still gets the answer."""
    line.gateway.script.append(OutcomeUnknownError("no answer"))
    await line.webhook()
    await line.run(times=2)
    assert line.texts == ["Olá!"]
    assert line.states() == ["sent"]


async def test_a_doubt_that_nobody_can_settle_is_given_up_and_holds_up_nobody(line: Line) -> None:
    """The send becomes a dead letter; half an hour later the sweep lets the next answer go."""
    line.gateway.answer_lost = True
    line.gateway.forgetful = GatewayError("unreachable")
    await line.webhook("Oi")
    await line.run()
    assert [each.publication.job for each in line.dead] == ["message.send"]
    assert line.states() == ["unknown"]
    await line.webhook("E aí?")
    await line.run()
    assert line.states() == ["unknown", "pending"]
    line.clock.advance(minutes=30)
    await line.sweep()
    assert line.states() == ["failed", "sent"]


async def test_an_echo_settles_what_was_in_doubt(line: Line) -> None:
    """The gateway reports what it sent before it is asked: the doubt ends."""
    line.gateway.answer_lost = True
    await line.webhook()
    await line.run("message.receive", "conversation.reply")
    await line.step()
    echo = MessageEcho.model_validate(
        {
            "provider_message_id": "ECHO",
            "peer": {"phone": ANA, "address": ANA},
            "text": line.business.api.value("select text from app.messages where direction = 'outbound'"),
            "sent_at": line.clock.now,
        }
    )
    change = message_update.MessageUpdate(provider="evolution", instance="loja-a", change=echo)
    await line.queue.publish([message_update.update.publication(change)])
    await line.run("message.update")
    await line.run()
    assert line.states() == ["sent"]
    assert line.calls["find_sent"] == 0


async def test_a_refusal_of_the_gateway_is_a_dead_letter_that_holds_up_nobody(line: Line) -> None:
    """The message has failed with its cause; the next reply of the conversation leaves."""
    line.gateway.script.append(GatewayRefusedError("no such number"))
    for text in ("Oi", "E aí?"):
        await line.webhook(text)
        await line.run()
    assert line.states() == ["failed", "sent"]
    assert [each.publication.job for each in line.dead] == ["message.send"]
    assert line.business.api.value("select last_error from app.messages where state = 'failed'") == "no such number"


@pytest.mark.parametrize("job", ["conversation.reply", "message.send"])
async def test_the_sweep_finds_what_the_queue_lost(line: Line, job: str) -> None:
    """A job that vanished is published anew after a while; sweeping twice does nothing twice."""
    await line.webhook()
    while line.queue.waiting[0].publication.job != job:
        await line.step()
    line.queue.waiting.clear()
    await line.sweep()
    assert line.texts == [], "every honest wait is shorter than the sweep's patience"
    line.clock.advance(minutes=2)
    for _ in range(2):
        await line.sweep()
    assert line.texts == ["Olá!"]
    assert line.states() == ["sent"]


async def test_a_sweep_with_nothing_to_do_is_one_call(line: Line) -> None:
    """Idle costs one call."""
    await line.queue.publish([maintenance_sweep.sweep.publication(maintenance_sweep.MaintenanceSweep())])
    line.fuse.passed.clear()
    await line.run()
    assert line.fuse.calls == ["sweep"]


async def test_a_number_without_a_connection_sends_when_it_is_back(line: Line) -> None:
    """What was to be sent waits, and leaves with the connection."""
    await line.webhook()
    await line.run("message.receive", "conversation.reply")
    for state in ("close", "open"):
        change = InstanceStateChanged.model_validate({"state": state})
        update = instance_update.InstanceUpdate(provider="evolution", instance="loja-a", state=change)
        await line.queue.publish([instance_update.update.publication(update)])
        await line.run("instance.update")
        await line.run()
        assert line.states() == ["pending" if state == "close" else "sent"]


async def test_a_customer_who_waited_too_long_gets_a_person(line: Line) -> None:
    """After an outage of ten minutes the assistant apologises, calls the owner and does not ask the model."""
    await line.webhook("Oi")
    await line.run("message.receive")
    line.clock.advance(minutes=11)
    await line.run()
    assert len(line.gateway.sent) == 2
    assert line.model.asked == []
    assert line.open_messages() == 0


async def test_a_reply_that_the_customer_overtook_is_written_anew(line: Line) -> None:
    """The first answer never left: one answer covers both messages."""
    line.model.script.extend([says("Para qual raça?"), says("Para poodle temos banho e tosa.")])
    await line.webhook("Quanto é o banho?")
    await line.run("message.receive", "conversation.reply")
    await line.webhook("Para um poodle")
    await line.run("message.receive")
    await line.run("message.send")
    await line.run()
    assert line.texts == ["Para poodle temos banho e tosa."]
    assert line.states() == ["withdrawn", "sent"]


async def test_replies_leave_in_order_whatever_the_order_of_their_deliveries(line: Line) -> None:
    """The queue keeps no order: the later send waits and is published again by the earlier one."""
    line.model.script.extend([says("Primeira"), says("Segunda")])
    for text in ("Oi", "E aí?"):
        await line.webhook(text)
        await line.run("message.receive", "conversation.reply")
    line.queue.waiting.reverse()
    await line.run()
    assert line.texts == ["Primeira", "Segunda"]
    assert line.states() == ["sent", "sent"]
    assert line.outcomes[-3:] == [
        ("message.send", 1, "waiting"),
        ("message.send", 1, "sent"),
        ("message.send", 1, "sent"),
    ]


async def test_a_status_that_overtook_its_message_waits_once(line: Line) -> None:
    """The first attempt comes back after a while, the second lets go of what was never ours."""
    status = MessageStatusChanged(provider_message_id="NEVER", status=DeliveryStatus.READ)
    await line.queue.publish(
        [
            message_update.update.publication(
                message_update.MessageUpdate(provider="evolution", instance="loja-a", change=status)
            )
        ]
    )
    assert isinstance(await line.step(), RetryAfter)
    assert await line.step() == Done("unknown")


async def test_an_unknown_instance_is_a_dead_letter_at_once(line: Line) -> None:
    """No retry can make a tenant: the delivery is refused for good."""
    message = message_receive.MessageReceive.model_validate(
        {"provider": "evolution", "instance": "nobody", "message": line.business.message()}
    )
    await line.queue.publish([message_receive.receive.publication(message)])
    outcome = await line.step()
    assert isinstance(outcome, Failed)
    assert not outcome.retriable
    assert "nobody" in outcome.reason


async def test_a_number_that_lost_its_connection_is_noted(line: Line) -> None:
    """The state of the number is the gateway's last word."""
    state = InstanceStateChanged(state="close", reason=401)
    await line.queue.publish(
        [
            instance_update.update.publication(
                instance_update.InstanceUpdate(provider="evolution", instance="loja-a", state=state)
            )
        ]
    )
    assert await line.step() == Done("close")
    assert line.business.api.rows("select state, state_reason from app.instances") == [("close", 401)]


async def test_a_send_for_another_tenants_message_is_refused(line: Line) -> None:
    """A payload cannot name what its organization does not have."""
    await line.webhook()
    await line.run()
    send = message_send.MessageSend.model_validate_json(line.queue.published[-1].body)
    stranger = send.model_copy(update={"organization_id": send.instance_id})
    await line.queue.publish([message_send.send.publication(stranger)])
    outcome = await line.step()
    assert isinstance(outcome, Failed)
    assert not outcome.retriable
