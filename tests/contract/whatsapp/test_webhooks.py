"""What the gateway sends, and how it insists."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.contract.whatsapp.conftest import ANA, ANA_JID, SHOP, Gateway, Json, Receiver, RunGateway, set_up

Recorded = Callable[[str], Json]


def shape(value: Any) -> Any:
    """Return the keys and types of a body, without its values."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    return type(value)


async def test_a_customers_text_looks_as_recorded(gateway: Gateway, receiver: Receiver, recorded: Recorded) -> None:
    """The same keys and types as the real gateway's, bytes as index maps included."""
    written = await gateway.ana_writes("Oi, tem horário amanhã?")
    (body,) = await receiver.wait_for("messages.upsert")
    assert shape({**body, "apikey": ""}) == shape(recorded("text"))
    key = body["data"]["key"]
    assert (key["id"], key["remoteJid"], key["fromMe"]) == (written["id"], ANA_JID, False)
    assert key["remoteJidAlt"].endswith("@lid")
    assert body["data"]["message"]["conversation"] == "Oi, tem horário amanhã?"
    assert (body["instance"], body["sender"], body["apikey"]) == (SHOP, "5511988887777@s.whatsapp.net", None)


async def test_an_answer_quotes_what_it_answers(gateway: Gateway, receiver: Receiver, recorded: Recorded) -> None:
    """The context names the quoted message and repeats its text."""
    sent = await gateway.send("Qual serviço?")
    await gateway.ana_writes("esse aqui", quoted=sent["key"]["id"])
    (body,) = await receiver.wait_for("messages.upsert")
    context = recorded("extended_text_quoted")["data"]["contextInfo"]
    assert body["data"]["contextInfo"] == {
        "stanzaId": sent["key"]["id"],
        "participant": "5511988887777@s.whatsapp.net",
        "quotedMessage": {"conversation": "Qual serviço?"},
    }
    assert set(body["data"]["contextInfo"]) <= set(context)


async def test_the_owners_typing_looks_as_recorded(gateway: Gateway, receiver: Receiver, recorded: Recorded) -> None:
    """A text from the business's own phone is an upsert from me, with an iPhone's id."""
    await gateway.call("POST", f"/_business/{SHOP}/messages", {"to": ANA, "text": "Já te respondo"}, status=201)
    (body,) = await receiver.wait_for("messages.upsert")
    assert shape({**body, "apikey": ""}) == shape(recorded("from_me_phone"))
    assert body["data"]["key"]["fromMe"] is True
    assert body["data"]["key"]["id"].startswith("3A")


async def test_a_send_is_answered_and_echoed_as_recorded(
    gateway: Gateway, receiver: Receiver, recorded: Recorded
) -> None:
    """The answer and the `send.message` event carry the same data."""
    answer = await gateway.send("Tem sim! 10h ou 15h?")
    (echo,) = await receiver.wait_for("send.message")
    assert shape(answer) == shape(recorded("send_text_response"))
    assert shape({**echo, "apikey": ""}) == shape(recorded("send_message_event"))
    assert (echo["data"], answer["status"]) == (answer, "PENDING")


async def test_ticks_arrive_for_a_send(gateway: Gateway, receiver: Receiver, recorded: Recorded) -> None:
    """Delivered, then read, each as recorded and about the sent message."""
    answer = await gateway.send("Tem sim!")
    updates = await receiver.wait_for("messages.update", 2)
    assert shape({**updates[0], "apikey": ""}) == shape(recorded("messages_update_read"))
    assert {update["data"]["status"] for update in updates} == {"DELIVERY_ACK", "READ"}
    assert {update["data"]["keyId"] for update in updates} == {answer["key"]["id"]}


async def test_an_edit_and_a_deletion_look_as_recorded(
    gateway: Gateway, receiver: Receiver, recorded: Recorded
) -> None:
    """Both come as `messages.edited` about the original id."""
    message = await gateway.ana_writes("amanhã")
    path = f"/_people/{ANA}/messages/{message['id']}"
    await gateway.call("PATCH", path, {"instance": SHOP, "text": "depois de amanhã"}, status=200)
    (edit,) = await receiver.wait_for("messages.edited")
    await gateway.call("DELETE", f"{path}?instance={SHOP}", status=200)
    _, deletion = await receiver.wait_for("messages.edited", 2)
    assert shape({**edit, "apikey": ""}) == shape(recorded("edited_message"))
    assert shape({**deletion, "apikey": ""}) == shape(recorded("edited_event_revoke"))
    assert edit["data"]["editedMessage"]["conversation"] == "depois de amanhã"
    assert {body["data"]["key"]["id"] for body in (edit, deletion)} == {message["id"]}


async def test_a_second_deletion_sends_nothing(gateway: Gateway, receiver: Receiver) -> None:
    """What is gone cannot go again."""
    message = await gateway.ana_writes("apagar")
    for _ in range(2):
        await gateway.call("DELETE", f"/_people/{ANA}/messages/{message['id']}?instance={SHOP}", status=200)
    await gateway.settled()
    assert len(receiver.of("messages.edited")) == 1


@pytest.mark.parametrize(("state", "name"), [("close", "connection_update_close"), ("open", "connection_update_open")])
async def test_a_lost_and_found_connection_looks_as_recorded(
    gateway: Gateway, receiver: Receiver, recorded: Recorded, state: str, name: str
) -> None:
    """Both directions are told at once, even while nothing else leaves."""
    for step in ("close", state):
        await gateway.call("PATCH", f"/_instances/{SHOP}", {"state": step}, status=200)
    await gateway.settled()
    told = [body for body in receiver.of("connection.update") if body["data"]["state"] == state]
    assert shape({**told[0], "apikey": ""}) == shape(recorded(name))


async def test_the_configured_headers_travel(gateway: Gateway, receiver: Receiver) -> None:
    """The secret that the receiver checks."""
    await gateway.ana_writes("oi")
    await receiver.wait_for("messages.upsert")
    assert receiver.requests[0].headers["x-webhook-secret"] == "s3cret"


async def test_by_events_appends_the_events_name(gateway: Gateway, receiver: Receiver) -> None:
    """`byEvents` splits the events over paths."""
    webhook = {"enabled": True, "url": receiver.url, "byEvents": True, "events": []}
    await gateway.call("POST", f"/webhook/set/{SHOP}", {"webhook": webhook}, status=201)
    await gateway.ana_writes("oi")
    await receiver.wait_for("messages.upsert")
    assert receiver.requests[0].url.path == "/hook/messages-upsert"


async def test_only_chosen_events_are_sent(gateway: Gateway, receiver: Receiver) -> None:
    """What the webhook did not ask for is not kept for it either."""
    webhook = {"enabled": True, "url": receiver.url, "events": ["SEND_MESSAGE"]}
    await gateway.call("POST", f"/webhook/set/{SHOP}", {"webhook": webhook}, status=201)
    await gateway.ana_writes("oi")
    await gateway.send("olá")
    await receiver.wait_for("send.message")
    assert await gateway.settled() == []
    assert {body["event"] for body in receiver.bodies} == {"send.message"}


async def test_a_disabled_webhook_gets_nothing(gateway: Gateway, receiver: Receiver) -> None:
    """And nothing piles up."""
    await gateway.call("POST", f"/webhook/set/{SHOP}", {"webhook": {"enabled": False, "url": receiver.url}}, status=201)
    await gateway.ana_writes("oi")
    assert await gateway.undelivered() == []
    assert receiver.bodies == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_final_refusal_is_not_repeated(gateway: Gateway, receiver: Receiver, status: int) -> None:
    """One attempt; the event is given up with its cause, where it can be seen."""
    receiver.statuses = [status]
    await gateway.ana_writes("oi")
    (given_up,) = await gateway.settled()
    assert (len(receiver.bodies), given_up["last_error"]) == (1, f"HTTP {status}")


@pytest.mark.parametrize("status", [302, 408, 409, 429, 500, 503])
async def test_another_failure_is_repeated_until_it_passes(gateway: Gateway, receiver: Receiver, status: int) -> None:
    """The same body comes again, and then nothing is left over."""
    receiver.statuses = [status, status]
    await gateway.ana_writes("oi")
    bodies = await receiver.wait_for("messages.upsert", 3)
    assert await gateway.settled() == []
    assert bodies[0] == bodies[1] == bodies[2]


async def test_after_ten_attempts_an_event_is_given_up(gateway: Gateway, receiver: Receiver) -> None:
    """As many as the original makes, then it is kept as given up."""
    receiver.statuses = [500] * 20
    await gateway.ana_writes("oi")
    (given_up,) = await gateway.settled()
    assert (len(receiver.bodies), given_up["attempts"], given_up["last_error"]) == (10, 10, "HTTP 500")


async def test_a_receiver_that_is_not_there_is_tried_again(gateway: Gateway, receiver: Receiver) -> None:
    """A refused connection is repeated like an error; the next attempt goes to the address that is set by then."""
    webhook = {"enabled": True, "url": "http://127.0.0.1:9/", "events": []}
    await gateway.call("POST", f"/webhook/set/{SHOP}", {"webhook": webhook}, status=201)
    await gateway.ana_writes("oi")
    await gateway.call("POST", f"/webhook/set/{SHOP}", {"webhook": {**webhook, "url": receiver.url}}, status=201)
    assert (await receiver.wait_for("messages.upsert"))[0]["destination"] == receiver.url


async def test_a_slow_receiver_holds_up_nobody(gateway: Gateway, receiver: Receiver) -> None:
    """Calls are answered and further events leave while the first one is still being received."""
    receiver.gate.clear()
    await gateway.ana_writes("primeira")
    await receiver.wait_for("messages.upsert")
    await gateway.ana_writes("segunda")
    bodies = await receiver.wait_for("messages.upsert", 2)
    assert [body["data"]["message"]["conversation"] for body in bodies] == ["primeira", "segunda"]


async def test_pending_events_survive_a_restart(run_gateway: RunGateway, receiver: Receiver, tmp_path: Path) -> None:
    """A new process delivers what the old one could not, with the time it happened."""
    moment = datetime(2026, 11, 24, 13, 35, tzinfo=UTC)
    receiver.statuses = [503] * 100
    async with run_gateway(tmp_path, webhook_delays=(3600,), now=lambda: moment) as gateway:
        await set_up(gateway)
        await gateway.ana_writes("oi")
        await receiver.wait_for("messages.upsert")
    receiver.statuses.clear()
    async with run_gateway(tmp_path) as gateway:
        _, again = await receiver.wait_for("messages.upsert", 2)
        assert await gateway.settled() == []
    assert again["data"]["messageTimestamp"] == int(moment.timestamp())


async def test_pending_events_survive_a_crash(run_gateway: RunGateway, receiver: Receiver, tmp_path: Path) -> None:
    """What lies on disk at any moment is enough: no tidy end is needed."""
    receiver.gate.clear()
    async with run_gateway(tmp_path / "first") as gateway:
        await set_up(gateway)
        written = await gateway.ana_writes("oi")
        await receiver.wait_for("messages.upsert")
        shutil.copytree(tmp_path / "first", tmp_path / "as-found")
        receiver.gate.set()
    async with run_gateway(tmp_path / "as-found") as gateway:
        _, again = await receiver.wait_for("messages.upsert", 2)
        assert await gateway.settled() == []
        assert [message["id"] for message in await gateway.messages()] == [written["id"]]
    assert again["data"]["key"]["id"] == written["id"]


async def test_people_chats_and_webhooks_survive_a_restart(run_gateway: RunGateway, tmp_path: Path) -> None:
    """Everything but live streams and played faults."""
    async with run_gateway(tmp_path) as gateway:
        await set_up(gateway)
        await gateway.ana_writes("oi")
        before = [await gateway.call("GET", path, status=200) for path in ("/_people", "/_chats?person=" + ANA)]
        webhook = await gateway.call("GET", f"/webhook/find/{SHOP}", status=200)
    async with run_gateway(tmp_path) as gateway:
        after = [await gateway.call("GET", path, status=200) for path in ("/_people", "/_chats?person=" + ANA)]
        assert before == after
        assert await gateway.call("GET", f"/webhook/find/{SHOP}", status=200) == webhook


async def test_ticks_go_on_after_a_restart(run_gateway: RunGateway, receiver: Receiver, tmp_path: Path) -> None:
    """A message that was only sent is delivered and read by the next process."""
    async with run_gateway(tmp_path, delivered_after=3600) as gateway:
        await set_up(gateway)
        await gateway.send("olá")
    async with run_gateway(tmp_path):
        updates = await receiver.wait_for("messages.update", 2)
    assert {update["data"]["status"] for update in updates} == {"DELIVERY_ACK", "READ"}


async def test_while_the_instance_is_closed_events_wait(gateway: Gateway, receiver: Receiver) -> None:
    """What a customer wrote has one tick until the instance opens, then it is handed over."""
    await gateway.call("PATCH", f"/_instances/{SHOP}", {"state": "close"}, status=200)
    written = await gateway.ana_writes("vocês estão aí?")
    assert written["status"] == "SERVER_ACK"
    assert [delivery["held"] for delivery in await gateway.undelivered() if delivery["event"] == "messages.upsert"] == [
        True
    ]
    assert receiver.of("messages.upsert") == []
    await gateway.call("PATCH", f"/_instances/{SHOP}", {"state": "open"}, status=200)
    (body,) = await receiver.wait_for("messages.upsert")
    assert body["data"]["key"]["id"] == written["id"]
    assert (await gateway.messages())[0]["status"] == "DELIVERY_ACK"
