"""Dead letters in an operator's hands: kept without what people wrote, and safe to replay."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.errors import GatewayError, QueueError
from shared.ports import QueueRecords
from shared.replay import (
    Retry,
    discard_dead_letter,
    list_dead_letters,
    retry_dead_letter,
    show_dead_letter,
)
from tests.integration.conftest import ANA
from tests.integration.operations.conftest import ALL_ATTEMPTS, Deployment


async def let_the_receiving_die(deployment: Deployment, text: str = "Quanto custa o banho?") -> UUID:
    """A customer writes while the database is away; return the dead letter."""
    deployment.database.broken = {"receive_message"}
    await deployment.receive(text)
    await deployment.advance(ALL_ATTEMPTS)
    deployment.database.broken = set()
    return newest(deployment)


async def let_the_sending_die(deployment: Deployment, text: str = "Quanto custa o banho?") -> UUID:
    """A customer is answered while the gateway is away; return the dead letter of the sending."""
    deployment.gateway.script.extend([GatewayError("evolution: cannot be reached")] * 5)
    await deployment.receive(text)
    await deployment.advance(ALL_ATTEMPTS)
    deployment.gateway.script.clear()
    return newest(deployment)


def newest(deployment: Deployment) -> UUID:
    letter_id: UUID = deployment.letters()[-1][0]
    return letter_id


async def retry(deployment: Deployment, letter_id: UUID) -> Retry:
    """Retry a dead letter and let what it begins come to its end."""
    result = await retry_dead_letter(letter_id, deployment.services, by="ops")
    await deployment.advance(ALL_ATTEMPTS)
    return result


async def test_what_gives_up_is_kept_without_what_people_wrote(deployment: Deployment) -> None:
    """Job, organization, attempts, answer and both of the queue's ids; no text, no name, no number."""
    letter_id = await let_the_receiving_die(deployment, "meu CPF é 123")
    letter = await show_dead_letter(letter_id, deployment.services)
    assert (letter.job, letter.state, letter.attempts, letter.status) == ("message.receive", "open", 3, 500)
    assert str(letter.organization_id) == deployment.business.organization_id
    assert letter.error == "DatabaseError: receive_message: Supabase cannot be reached: ConnectError"
    assert letter.queue_message_id.startswith("msg_")
    assert letter.dead_letter_id
    kept = letter.model_dump_json()
    assert not [private for private in ("CPF", "55119", "Ana") if private in kept]


async def test_a_retried_message_is_whole_and_answered(deployment: Deployment) -> None:
    """The queue kept what was written: within the freshness deadline the customer is answered after all."""
    letter_id = await let_the_receiving_die(deployment)
    result = await retry(deployment, letter_id)
    assert (result.outcome, result.source, result.remark) == ("retried", "queue", None)
    assert len(deployment.gateway.sent) == 1
    assert deployment.api.value("select text from app.messages where direction = 'inbound'") == "Quanto custa o banho?"
    letter = await show_dead_letter(letter_id, deployment.services)
    assert (letter.state, letter.retry_message_id, letter.settled_by) == ("retried", result.message_id, "ops")
    assert letter.died_again_as is None


async def test_a_message_retried_too_late_is_stored_and_not_answered(deployment: Deployment) -> None:
    """15 minutes on, the conversation has its message, and a machine's late answer stays away."""
    letter_id = await let_the_receiving_die(deployment)
    await deployment.advance(timedelta(minutes=15))
    assert (await retry(deployment, letter_id)).outcome == "retried"
    assert deployment.api.rows("select text, decision from app.messages") == [("Quanto custa o banho?", "stale")]
    assert deployment.gateway.sent == []


async def test_a_failed_send_is_sent_by_a_retry_once(deployment: Deployment) -> None:
    """It goes back into the outbox; a repeated retry of the same dead letter does nothing."""
    letter_id = await let_the_sending_die(deployment)
    assert deployment.outbox() == ["failed"]
    first = await retry(deployment, letter_id)
    again = await retry(deployment, letter_id)
    assert (first.outcome, again.outcome) == ("retried", "already")
    assert again.message_id == first.message_id
    assert deployment.outbox() == ["sent"]
    assert len(deployment.gateway.sent) == 1


async def test_retries_at_the_same_time_publish_once(deployment: Deployment) -> None:
    """Two operators press the button: one message, and the other is told."""
    letter_id = await let_the_sending_die(deployment)
    results = await asyncio.gather(*(retry_dead_letter(letter_id, deployment.services) for _ in range(5)))
    await deployment.advance(ALL_ATTEMPTS)
    assert [result.outcome for result in results].count("retried") == 1
    assert {result.outcome for result in results} <= {"retried", "busy", "already"}
    assert len(deployment.gateway.sent) == 1


@pytest.mark.parametrize(("told_meanwhile", "remark"), [(True, "sent"), (False, None)])
async def test_a_send_whose_message_was_sent_meanwhile_sends_nothing(
    deployment: Deployment, told_meanwhile: bool, remark: str | None
) -> None:
    """Its job died because it could never write down that the gateway took it; the gateway's word settles it.

    The word comes by itself before the retry, or the retry asks for it.
    """
    deployment.database.broken = {"complete_send", "settle_send"}
    await deployment.receive()
    for _ in range(5):
        await deployment.advance(ALL_ATTEMPTS)
    deployment.database.broken = set()
    ((address, text),) = deployment.gateway.sent
    ((letter_id, job, _),) = deployment.letters()
    assert (job, deployment.outbox()) == ("message.send", ["unknown"])
    if told_meanwhile:
        peer = {"phone": ANA, "lid": None, "address": address}
        assert deployment.business.change(type="echo", provider_message_id="OUT1", peer=peer, text=text)
    result = await retry(deployment, letter_id)
    assert (result.outcome, result.remark) == ("retried", remark)
    assert deployment.gateway.sent == [(address, text)]
    assert deployment.outbox() == ["sent"]


async def test_a_send_that_a_later_message_overtook_sends_nothing(deployment: Deployment) -> None:
    """Replies leave in the order of what they answer: an old one does not come after a newer one."""
    letter_id = await let_the_sending_die(deployment)
    await deployment.receive("E a tosa?")
    await deployment.advance(ALL_ATTEMPTS)
    assert deployment.outbox() == ["failed", "sent"]
    assert (await retry(deployment, letter_id)).remark == "superseded"
    assert deployment.outbox() == ["failed", "sent"]
    assert len(deployment.gateway.sent) == 1


async def test_a_send_retried_too_late_sends_nothing(deployment: Deployment) -> None:
    """Nobody wants an answer to what they asked a quarter of an hour ago."""
    letter_id = await let_the_sending_die(deployment)
    await deployment.advance(timedelta(minutes=15))
    assert (await retry(deployment, letter_id)).remark == "stale"
    assert deployment.outbox() == ["failed"]
    assert deployment.gateway.sent == []


async def test_what_the_queue_forgot_is_rebuilt_from_its_ids(deployment: Deployment) -> None:
    """A send needs ids only, and those are kept here."""
    letter_id = await let_the_sending_die(deployment)
    await forget_at_the_queue(deployment, letter_id)
    result = await retry(deployment, letter_id)
    assert (result.outcome, result.source) == ("retried", "rebuilt")
    assert deployment.outbox() == ["sent"]


async def test_a_reply_that_the_queue_forgot_is_rebuilt_from_its_ids(deployment: Deployment) -> None:
    """So does a reply, which reads everything else from the database."""
    deployment.database.broken = {"claim_reply"}
    await deployment.receive()
    await deployment.advance(ALL_ATTEMPTS)
    deployment.database.broken = set()
    letter_id = newest(deployment)
    await forget_at_the_queue(deployment, letter_id)
    assert (await retry(deployment, letter_id)).source == "rebuilt"
    assert deployment.outbox() == ["sent"]


async def test_what_nobody_kept_is_gone_and_stays_open(deployment: Deployment) -> None:
    """What a customer wrote is only with the queue: without it there is nothing to retry, and that is said."""
    letter_id = await let_the_receiving_die(deployment)
    await forget_at_the_queue(deployment, letter_id)
    assert (await retry(deployment, letter_id)).outcome == "gone"
    assert deployment.letters() == [(letter_id, "message.receive", "open")]


async def forget_at_the_queue(deployment: Deployment, letter_id: UUID) -> None:
    letter = await show_dead_letter(letter_id, deployment.services)
    assert letter.dead_letter_id is not None
    assert await deployment.services.queue_records.discard_dead_letter(letter.dead_letter_id)


class AwayRecords:
    """A queue's records that nobody reaches."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*arguments: object, **named: object) -> None:
            raise QueueError("QStash cannot be reached: ConnectError")

        return fail


async def test_a_retry_that_was_not_published_changes_nothing(deployment: Deployment) -> None:
    """QStash is away: the message is not left in the outbox without a job, and the next retry works."""
    letter_id = await let_the_sending_die(deployment)
    with pytest.raises(QueueError):
        await retry_dead_letter(letter_id, replace(deployment.services, make_queue_records=AwayRecords))
    assert deployment.letters() == [(letter_id, "message.send", "open")]
    assert deployment.outbox() == ["failed"]
    assert (await retry(deployment, letter_id)).outcome == "retried"
    assert deployment.outbox() == ["sent"]


class LostAnswer:
    """The queue's records, whose first retry goes through while its answer is lost."""

    def __init__(self, records: QueueRecords) -> None:
        self._records = records

    async def retry_dead_letter(self, dead_letter_id: str, *, deduplication_id: str) -> str | None:
        await self._records.retry_dead_letter(dead_letter_id, deduplication_id=deduplication_id)
        raise QueueError("QStash did not answer within 10.0 s")


async def test_a_retry_whose_answer_was_lost_can_be_repeated(deployment: Deployment) -> None:
    """Nobody knows that it was published: what it began finds nothing to send, and the next retry sends once."""
    letter_id = await let_the_sending_die(deployment)
    records: Any = LostAnswer(deployment.services.queue_records)
    with pytest.raises(QueueError):
        await retry_dead_letter(letter_id, replace(deployment.services, make_queue_records=lambda: records))
    await deployment.broker.settle()
    result = await retry(deployment, letter_id)
    assert (result.outcome, result.source) == ("retried", "rebuilt")
    assert deployment.outbox() == ["sent"]
    assert len(deployment.gateway.sent) == 1


async def test_a_retry_that_died_may_be_repeated_when_its_claim_has_ended(deployment: Deployment) -> None:
    """A machine that stops in the middle holds a dead letter for a minute, no longer."""
    letter_id = await let_the_sending_die(deployment)
    claim = {"claim_seconds": 60, "freshness_seconds": 600}
    deployment.api.call("claim_dead_letter", id=letter_id, policy=claim)
    assert (await retry_dead_letter(letter_id, deployment.services)).outcome == "busy"
    await deployment.advance(timedelta(seconds=61))
    assert (await retry(deployment, letter_id)).outcome == "retried"
    assert deployment.outbox() == ["sent"]


async def test_what_gives_up_again_is_a_dead_letter_of_its_own(deployment: Deployment) -> None:
    """The first one leads to it."""
    await deployment.receive(instance="nobody")
    first = newest(deployment)
    await deployment.advance(timedelta(seconds=1))
    await retry(deployment, first)
    second = newest(deployment)
    assert second != first
    assert (await show_dead_letter(first, deployment.services)).died_again_as == second
    assert [state for _, _, state in deployment.letters()] == ["retried", "open"]


async def test_a_discarded_letter_is_gone_for_good(deployment: Deployment) -> None:
    """Who, why and when are kept; the queue deletes what people wrote, and no retry brings it back."""
    letter_id = await let_the_receiving_die(deployment)
    for _ in range(2):
        done = await discard_dead_letter(letter_id, deployment.services, by="ops", reason="spam")
        assert (done.outcome, done.kept_by_queue) == ("discarded", False)
    letter = await show_dead_letter(letter_id, deployment.services)
    assert (letter.state, letter.settled_by, letter.reason) == ("discarded", "ops", "spam")
    assert letter.dead_letter_id is not None
    assert not await deployment.services.queue_records.discard_dead_letter(letter.dead_letter_id)
    assert (await retry(deployment, letter_id)).outcome == "discarded"


async def test_a_letter_is_discarded_while_the_queue_is_away(deployment: Deployment) -> None:
    """It is let go here, and said to be with the queue still."""
    letter_id = await let_the_receiving_die(deployment)
    away = replace(deployment.services, make_queue_records=AwayRecords)
    assert (await discard_dead_letter(letter_id, away)).kept_by_queue
    assert deployment.letters() == [(letter_id, "message.receive", "discarded")]
    assert not (await discard_dead_letter(letter_id, deployment.services)).kept_by_queue


async def test_a_retried_letter_is_not_discarded(deployment: Deployment) -> None:
    """There is nothing left to let go."""
    letter_id = await let_the_sending_die(deployment)
    await retry(deployment, letter_id)
    assert (await discard_dead_letter(letter_id, deployment.services)).outcome == "already"
    assert [state for _, _, state in deployment.letters()] == ["retried"]


async def test_an_id_that_is_no_dead_letter_is_unknown(deployment: Deployment) -> None:
    """Neither a retry nor a discard fails over it."""
    assert (await retry_dead_letter(uuid4(), deployment.services)).outcome == "unknown"
    assert (await discard_dead_letter(uuid4(), deployment.services)).outcome == "unknown"


async def test_letters_are_found_by_what_is_known_of_them(deployment: Deployment) -> None:
    """By organization, job, state, age and the message that gave up; the newest first."""
    of_nobody = await dead(deployment, instance="nobody")
    await deployment.advance(timedelta(hours=2))
    of_business = await let_the_receiving_die(deployment)
    organization_id = deployment.business.organization_id
    message_id = deployment.api.value("select queue_message_id from app.dead_letters where id = %s", of_business)

    async def found(**wanted: str | None) -> list[UUID]:
        return [letter.id for letter in await list_dead_letters(deployment.services, limit=10, **wanted)]

    since = (deployment.clock.now - timedelta(hours=1)).isoformat()
    assert await found() == [of_business, of_nobody]
    assert await found(organization_id=organization_id) == [of_business]
    assert await found(organization_id=str(uuid4())) == []
    assert await found(job="message.receive", state="open") == [of_business, of_nobody]
    assert await found(job="message.send") == []
    assert await found(state="retried") == []
    assert await found(since=since) == [of_business]
    assert await found(queue_message_id=message_id) == [of_business]
    assert [letter.id for letter in await list_dead_letters(deployment.services, limit=1)] == [of_business]


async def dead(deployment: Deployment, *, instance: str) -> UUID:
    await deployment.receive(instance=instance)
    return newest(deployment)
