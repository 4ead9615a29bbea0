"""Every recorded body of Evolution on its whole way: webhook, queue, job, database."""

import json
from typing import Any

import pytest

from functions import jobs, webhooks
from shared.services import Services
from tests.integration.conftest import ANA, Business
from tests.integration.functions.conftest import FIXTURES, RecordingQueue, client, deliver, fixture, secret_of

Row = tuple[str, str, str | None, bool]  # author, kind, text, whether a reply is due

#: What is stored of each message; all of them come from a phone five minutes ago.
STORED: dict[str, Row] = {
    "ad_click_text": ("contact", "text", "Ola! Tenho interesse", True),
    "audio_voice": ("contact", "voice", "oi tudo bem", True),
    "buttons_response": ("contact", "choice", "Sim", True),
    "contact": ("contact", "contact", "Bia: +5511977776666", True),
    "document_caption": ("contact", "document", "segue a nota", True),
    "ephemeral_text": ("contact", "text", "texto que some", True),
    "extended_text_quoted": ("contact", "text", "esse aqui", True),
    "from_me_phone": ("business", "text", "Oi, aqui e a Carla, ja te respondo", False),
    "image_caption": ("contact", "image", "minha cachorra", True),
    "lid_with_alt": ("contact", "text", "oi", True),
    "list_response": ("contact", "choice", "Banho", True),
    "location": ("contact", "location", "Loja (-23.561300, -46.656500)", True),
    "reaction": ("contact", "reaction", "👍", False),
    "sticker": ("contact", "sticker", None, False),
    "text": ("contact", "text", "Oi, tem horario amanha?", True),
    "video": ("contact", "video", "olha", True),
}
CHANGES = {"edited_event_revoke", "edited_message", "messages_update_read", "send_message_event"}
STATES = {"connection_update_close", "connection_update_open"}
NOT_STORED = {"group_text", "qrcode_updated", "status_broadcast"}
REFUSED = {"send_text_response"}  # what the gateway answers when asked to send: no webhook


def test_every_recorded_body_is_replayed() -> None:
    """A body that is added needs a row."""
    recorded = {path.stem for path in FIXTURES.glob("*.json")}
    assert recorded == set(STORED) | CHANGES | STATES | NOT_STORED | REFUSED


async def replay(name: str, services: Services, queue: RecordingQueue) -> int:
    """Call the webhook with a recorded body and deliver what it queued; return the webhook's status."""
    before = len(queue.published)
    async with client(webhooks.build, services) as calls:
        response = await calls.post("/webhooks/evolution/loja-a", json=fixture(name), headers=secret_of("loja-a"))
    for published in queue.published[before:]:
        delivered = await deliver(jobs.build, services, f"/jobs/{published.job}", published.body.encode())
        assert delivered.status_code in {200, 503}
    return response.status_code


def messages(business: Business) -> list[tuple[Any, ...]]:
    return business.api.rows("select author, kind, text from app.messages order by seq")


@pytest.mark.parametrize("name", sorted(STORED))
async def test_a_message_is_stored_and_answered_as_it_should(
    with_database: Services, queue: RecordingQueue, business: Business, name: str
) -> None:
    """Once, however often it is reported, with its author, kind and text, and with a reply where one is due."""
    author, kind, text, due = STORED[name]
    for _ in range(2):
        assert await replay(name, with_database, queue) == 200
    assert messages(business) == [(author, kind, text)]
    assert [each.job for each in queue.published if each.job == "conversation.reply"] == [
        "conversation.reply"
    ] * 2 * due
    ((phone, address),) = business.api.rows("""
        select identity.value, conversation.address from app.conversations as conversation
        join app.contact_identities as identity using (contact_id) where identity.kind = 'phone'
    """)
    assert (phone, address) == (ANA, "5511912345678@s.whatsapp.net")


@pytest.mark.parametrize("name", sorted(NOT_STORED))
async def test_what_is_nobodys_message_is_not_stored(
    with_database: Services, queue: RecordingQueue, business: Business, name: str
) -> None:
    """Groups, status updates and QR codes leave nothing behind."""
    assert await replay(name, with_database, queue) == 200
    assert queue.published == []
    assert messages(business) == []


@pytest.mark.parametrize("name", sorted(REFUSED))
async def test_what_is_no_webhook_is_refused(with_database: Services, queue: RecordingQueue, name: str) -> None:
    """A body without an event is not Evolution's report."""
    assert await replay(name, with_database, queue) == 400
    assert queue.published == []


async def test_an_edit_replaces_the_text(with_database: Services, queue: RecordingQueue, business: Business) -> None:
    """The message that was stored has the corrected text."""
    for name in ("text", "edited_message"):
        await replay(name, with_database, queue)
    assert messages(business) == [("contact", "text", "corrigindo: depois de amanha")]


async def test_a_revocation_empties_the_message(
    with_database: Services, queue: RecordingQueue, business: Business
) -> None:
    """What was taken back is gone, its row is not."""
    for name in ("image_caption", "edited_event_revoke"):
        await replay(name, with_database, queue)
    assert messages(business) == [("contact", "image", None)]
    assert business.api.value("select media from app.messages") is None


async def test_a_change_that_comes_first_waits_for_its_message(
    with_database: Services, queue: RecordingQueue, business: Business
) -> None:
    """Gateways keep no order: the change is asked for again, and applies then."""
    await replay("edited_message", with_database, queue)
    assert messages(business) == []
    await replay("text", with_database, queue)
    change = queue.published[0]
    delivered = await deliver(
        jobs.build, with_database, f"/jobs/{change.job}", change.body.encode(), headers={"upstash-retried": "1"}
    )
    assert delivered.json() == {"outcome": "applied"}
    assert messages(business) == [("contact", "text", "corrigindo: depois de amanha")]


async def test_the_echo_of_our_answer_and_its_blue_ticks_are_noted(
    with_database: Services, queue: RecordingQueue, business: Business
) -> None:
    """The gateway's own report gives the answer its id; the status that comes later moves it on."""
    await replay("text", with_database, queue)
    receipt = business.store(business.message("E aí?"))
    (unsent,) = business.answer(receipt, text="Tem sim! 10h ou 15h?")["unsent"]
    business.claim_send(unsent["message_id"])
    await replay("send_message_event", with_database, queue)
    sent = business.api.rows("select state, provider_message_id from app.messages where direction = 'outbound'")
    assert sent == [("sent", "3EB0B5A2F1F2C3D4E5F6")]
    business.api.rows(
        "update app.messages set provider_message_id = '3EB0AAAA0000000000000B' where direction = 'outbound'"
    )
    await replay("messages_update_read", with_database, queue)
    assert business.api.value("select state from app.messages where direction = 'outbound'") == "read"


@pytest.mark.parametrize(
    ("name", "row"),
    [("connection_update_close", ("close", 401, None)), ("connection_update_open", ("open", 200, "+5511988887777"))],
)
async def test_the_state_of_the_number_is_noted(
    with_database: Services, queue: RecordingQueue, business: Business, name: str, row: tuple[Any, ...]
) -> None:
    """The number knows whether it is connected, and its own phone once it was."""
    await replay(name, with_database, queue)
    assert business.api.rows("select state, state_reason, phone from app.instances") == [row]


async def test_a_body_for_another_instance_reaches_nobody(
    with_database: Services, queue: RecordingQueue, business: Business
) -> None:
    """A gateway that mixes up its instances is told so."""
    body = json.dumps({**fixture("text"), "instance": "loja-b"}).encode()
    async with client(webhooks.build, with_database) as calls:
        response = await calls.post("/webhooks/evolution/loja-a", content=body, headers=secret_of("loja-a"))
    assert response.status_code == 400
    assert messages(business) == []
