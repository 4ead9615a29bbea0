"""Reminders and feedback requests on the whole way: due, written, sent, answered, and done."""

import pytest

from shared.assistants.texts import texts_for
from shared.jobs.followup_dispatch import dispatch_publication
from tests.integration.conftest import ANA, CARLA
from tests.integration.database.conftest import booking_of, contact_of
from tests.integration.jobs.conftest import Line

TEXTS = texts_for("pt-BR")


async def says(line: Line, text: str) -> list[str]:
    """Let Ana write, and return what the gateway was given to send because of it."""
    before = len(line.gateway.sent)
    await line.webhook(text)
    await line.run()
    return [sent for _, sent in line.gateway.sent[before:]]


async def dispatch(line: Line, *, times: int = 1) -> list[str]:
    """Dispatch what is due, and return what was sent."""
    before = len(line.gateway.sent)
    await line.queue.publish([dispatch_publication(f"{line.clock.now:%s}.{before}")])
    await line.run(times=times)
    return [sent for _, sent in line.gateway.sent[before:]]


@pytest.fixture
async def booking(line: Line) -> str:
    """Ana, who is known, has an appointment in three days, at 09:20."""
    await says(line, "Oi")
    return booking_of(line.business, contact_of(line.business, ANA))


def booked(line: Line, booking: str) -> tuple[str, bool, int | None]:
    """The booking's status, whether its customer has confirmed, and the rating."""
    ((status, confirmed, rating),) = line.business.api.rows(
        "select status, confirmed_at is not null, rating from app.bookings where id = %s", booking
    )
    return status, confirmed, rating


async def test_a_reminder_is_sent_once_and_its_answer_confirms(line: Line, booking: str) -> None:
    """Every delivery twice: one message, and a digit that the database heeds without the model."""
    asked = len(line.model.asked)
    line.clock.advance(hours=47)
    assert await dispatch(line) == []
    line.clock.advance(hours=1)
    (reminder,) = await dispatch(line, times=2)
    assert "*Corte*, sexta-feira, 23 de janeiro, às 09:20." in reminder
    assert await dispatch(line) == []
    assert await says(line, "1") == [
        TEXTS.followups.presence_confirmed.format(appointments="Corte, sexta-feira, 23 de janeiro, às 09:20")
    ]
    assert booked(line, booking) == ("confirmed", True, None)
    assert len(line.model.asked) == asked


async def test_a_reminder_is_answered_by_cancelling(line: Line, booking: str) -> None:
    """Shown first, done by a yes, and the second reminder never comes. The words do as well as the digit."""
    line.clock.advance(hours=48)
    await dispatch(line)
    (proposed,) = await says(line, "cancelar")
    assert proposed.startswith("*Cancelar: Corte*")
    assert booked(line, booking)[0] == "confirmed"
    (done,) = await says(line, "sim")
    assert done.startswith("✅ Cancelado")
    assert booked(line, booking)[0] == "cancelled"
    line.clock.advance(hours=22)
    assert await dispatch(line) == []


async def test_whom_the_last_reminder_asks_may_still_cancel_and_the_owner_hears_of_it(line: Line, booking: str) -> None:
    """Within the notice of four hours: the business asked."""
    line.clock.advance(hours=71)  # 08:20: the quiet hours are over
    assert len(await dispatch(line)) == 1
    (proposed,) = await says(line, "3")
    assert proposed.startswith("*Cancelar: Corte*")
    notice, done = sorted(await says(line, "sim"), key=lambda text: text.startswith("✅ Cancelado"))
    assert "cancelou em cima da hora: Corte, sexta-feira, 23 de janeiro, às 09:20." in notice
    assert done.startswith("✅ Cancelado")
    assert booked(line, booking)[0] == "cancelled"


async def test_an_answer_that_comes_too_late_calls_the_team(line: Line, booking: str) -> None:
    """Asked a day before and answered within the notice: the appointment stands, and the owner knows."""
    line.clock.advance(hours=48)
    assert len(await dispatch(line)) == 1
    line.clock.advance(hours=21)
    notice, told = sorted(await says(line, "3"), key=lambda text: text == TEXTS.followups.too_late_to_change)
    assert told == TEXTS.followups.too_late_to_change
    assert "em cima da hora: Corte" in notice
    assert booked(line, booking)[0] == "confirmed"


async def test_a_visit_is_rated(line: Line, booking: str) -> None:
    """A good mark leads to a review, a bad one to the owner; both are kept."""
    line.business.api.call(
        "followup_options",
        organization_id=line.business.organization_id,
        changes={"review_link": "https://g.example/patas", "appointment_reminder": False},
    )
    line.business.api.rows("update app.followups set state = 'cancelled', reason = 'operator'")
    line.business.api.rows("update app.organizations set proactive_cap = 10")
    line.clock.advance(hours=73)
    line.business.api.rows("update app.bookings set status = 'completed' where id = %s", booking)
    line.clock.advance(hours=25)
    assert len(await dispatch(line)) == 1
    (thanks,) = await says(line, "5")
    assert thanks.startswith(f"{TEXTS.followups.rated_well}\n\nSe puder, deixe")
    assert "https://g.example/patas" in thanks
    assert booked(line, booking)[2] == 5
    review = "select message.purpose, message.state from app.followups inner join app.messages as message"
    asked = f"{review} on message.id = message_id where followups.kind = 'review_request'"
    assert line.business.api.rows(asked) == [("reply", "sent")]
    assert await dispatch(line) == [], "it was in the answer"

    other = booking_of(line.business, contact_of(line.business, ANA), days=5, status="completed")
    line.clock.advance(hours=25)
    assert len(await dispatch(line)) == 1
    sent = len(line.gateway.sent)
    await says(line, "1")
    told = dict(line.gateway.sent[sent:])
    assert told[ANA] == TEXTS.followups.rated_badly
    assert "Nota 1 de" in told[CARLA.lstrip("+")]
    assert booked(line, other)[2] == 1


async def test_what_was_queued_and_not_published_is_sent_by_the_sweep(line: Line, booking: str) -> None:
    """The run ends between writing down and publishing: nothing is lost, nothing comes twice."""
    line.clock.advance(hours=48)
    line.fuse.blow_at = "after queue_followups"
    await line.sweep()
    line.clock.advance(minutes=5)
    await line.sweep()
    reminders = [sent for _, sent in line.gateway.sent if "Lembrete" in sent]
    assert len(reminders) == 1
