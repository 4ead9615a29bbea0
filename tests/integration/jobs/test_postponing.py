"""message.send of what may not leave yet: published again for its moment, without burning its retries."""

from datetime import UTC, datetime, timedelta

from shared.jobs.message_send import FURTHEST, MessageSend, send
from tests.integration.conftest import ANA
from tests.integration.database.conftest import new_contact
from tests.integration.jobs.conftest import Line

NIGHT = datetime(2026, 1, 20, 23, 0, tzinfo=UTC)  # 20:00 in São Paulo


async def _waits(line: Line) -> None:
    """Publish the sending of one proactive message to Ana."""
    business = line.business
    message_id = business.api.value(
        "select (app.put_outbound(app.outreach_conversation(instance, contact), 'Oi', 'proactive', null, null)).id"
        " from app.instances as instance, app.contacts as contact where contact.id = %s",
        new_contact(business, "Ana", ANA),
    )
    payload = MessageSend(
        organization_id=business.organization_id, message_id=message_id, instance_id=business.instance_id
    )
    await line.queue.publish([send.publication(payload, deduplication_id="first")])


async def test_what_waits_for_the_morning_leaves_then(line: Line) -> None:
    """One publication with the night's length as its delay; in the morning it is sent."""
    line.clock.set(NIGHT)
    await _waits(line)
    await line.step()
    assert [word for _, _, word in line.outcomes] == ["postponed"]
    (again,) = line.queue.waiting
    assert again.publication.delay == timedelta(hours=12)
    assert again.attempt == 1
    line.clock.advance(seconds=12 * 3600 - 1)
    await line.step()
    assert [each.publication.delay for each in line.queue.waiting] == [timedelta(seconds=1)], "delivered too early"
    line.clock.advance(seconds=1)
    await line.run()
    assert (line.texts, line.states()) == (["Oi"], ["sent"])


async def test_a_moment_too_far_for_the_queue_is_asked_about_before(line: Line) -> None:
    """The queue takes delays of at most seven days."""
    await _waits(line)
    line.business.api.rows("update app.messages set not_before = app.now() + interval '8 days'")
    await line.step()
    assert [each.publication.delay for each in line.queue.waiting] == [FURTHEST]
