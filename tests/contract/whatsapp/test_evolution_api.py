"""The Evolution endpoints, as a bot calls them."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.contract.whatsapp.conftest import ANA, ANA_JID, SHOP, Gateway, Json

SEND = f"/message/sendText/{SHOP}"
ENDPOINTS = [
    ("POST", SEND),
    ("POST", f"/chat/sendPresence/{SHOP}"),
    ("POST", f"/chat/markMessageAsRead/{SHOP}"),
    ("POST", f"/chat/whatsappNumbers/{SHOP}"),
    ("POST", f"/chat/findMessages/{SHOP}"),
    ("GET", f"/instance/connectionState/{SHOP}"),
    ("POST", f"/webhook/set/{SHOP}"),
    ("GET", f"/webhook/find/{SHOP}"),
    ("POST", f"/settings/set/{SHOP}"),
    ("POST", "/instance/create"),
    ("GET", "/instance/fetchInstances"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_no_key_and_a_wrong_key_are_refused(gateway: Gateway, method: str, path: str) -> None:
    """401 in Evolution's shape, before the body is looked at."""
    for key in ("", "wrong"):
        gateway.client.headers["apikey"] = key
        body = await gateway.call(method, path, {} if method == "POST" else None, status=401)
        assert body == {"status": 401, "error": "Unauthorized", "response": {"message": "Unauthorized"}}


async def test_an_instances_token_opens_only_that_instance(gateway: Gateway) -> None:
    """Neither another instance nor the administration."""
    created = await gateway.call("POST", "/instance/create", {"instanceName": "loja-b", "token": "b-token"}, status=201)
    assert created["hash"] == "b-token"
    gateway.client.headers["apikey"] = "b-token"
    await gateway.call("GET", "/instance/connectionState/loja-b", status=200)
    await gateway.call("GET", f"/instance/connectionState/{SHOP}", status=401)
    await gateway.call("GET", "/instance/fetchInstances", status=401)


async def test_an_unknown_instance_is_404(gateway: Gateway) -> None:
    """With the name in the message."""
    body = await gateway.call("GET", "/instance/connectionState/nobody", status=404)
    assert body["response"]["message"] == ['The "nobody" instance does not exist']


async def test_an_instance_is_made_once(gateway: Gateway) -> None:
    """It is open at once and listed; its name cannot be taken again."""
    state = await gateway.call("GET", f"/instance/connectionState/{SHOP}", status=200)
    assert state == {"instance": {"instanceName": SHOP, "state": "open"}}
    (listed,) = await gateway.call("GET", "/instance/fetchInstances", status=200)
    assert (listed["name"], listed["connectionStatus"], listed["number"]) == (SHOP, "open", "5511988887777")
    again = await gateway.call("POST", "/instance/create", {"instanceName": SHOP}, status=403)
    assert again["response"]["message"] == [f'This name "{SHOP}" is already in use.']


async def test_an_instance_can_bring_its_webhook(gateway: Gateway) -> None:
    """`webhook` in the creation sets it, with all events when none are named."""
    body = {"instanceName": "loja-b", "webhook": {"url": "http://127.0.0.1:1/x", "headers": {"x-a": "b"}}}
    await gateway.call("POST", "/instance/create", body, status=201)
    found = await gateway.call("GET", "/webhook/find/loja-b", status=200)
    assert (found["url"], found["headers"], found["enabled"]) == ("http://127.0.0.1:1/x", {"x-a": "b"}, True)
    assert {"MESSAGES_UPSERT", "MESSAGES_EDITED", "CONNECTION_UPDATE"} <= set(found["events"])


async def test_an_instance_without_a_webhook_has_null(gateway: Gateway) -> None:
    """As the original answers."""
    await gateway.call("POST", "/instance/create", {"instanceName": "loja-b"}, status=201)
    assert await gateway.call("GET", "/webhook/find/loja-b", status=200) is None


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, 'requires property "webhook"'),
        ({"webhook": {"url": "http://x"}}, 'requires property "enabled"'),
        ({"webhook": {"enabled": True}}, 'requires property "url"'),
        ({"webhook": {"enabled": "yes", "url": "http://x"}}, "enabled is not of a type(s) boolean"),
        ({"webhook": {"enabled": True, "url": "ftp://x"}}, 'Invalid "url" property'),
        ({"webhook": {"enabled": True, "url": "http://x", "events": ["NEWS"]}}, "NEWS"),
        ({"webhook": {"enabled": True, "url": "http://x", "headers": {"x": 1}}}, "headers.x"),
        ({"webhook": {"enabled": True, "url": "http://x", "headers": {"x": "a\nb: c"}}}, "headers.x"),
        ({"webhook": {"enabled": True, "url": "http://x", "headers": {"x y": "a"}}}, "headers.x y"),
    ],
)
async def test_a_wrong_webhook_is_refused_by_name(gateway: Gateway, body: Json, named: str) -> None:
    """And the old one stays."""
    before = await gateway.call("GET", f"/webhook/find/{SHOP}", status=200)
    error = await gateway.call("POST", f"/webhook/set/{SHOP}", body, status=400)
    assert named in error["response"]["message"][0]
    assert await gateway.call("GET", f"/webhook/find/{SHOP}", status=200) == before


async def test_settings_are_kept(gateway: Gateway) -> None:
    """All six switches are required, and come back with the instance."""
    settings = dict.fromkeys(
        ("rejectCall", "groupsIgnore", "alwaysOnline", "readMessages", "readStatus", "syncFullHistory"), False
    )
    await gateway.call("POST", f"/settings/set/{SHOP}", {**settings, "groupsIgnore": True}, status=201)
    (listed,) = await gateway.call("GET", "/instance/fetchInstances", status=200)
    assert listed["Setting"]["groupsIgnore"] is True
    await gateway.call("POST", f"/settings/set/{SHOP}", {"groupsIgnore": True}, status=400)


async def test_a_number_that_is_not_on_whatsapp(gateway: Gateway) -> None:
    """400 with the shape that a bot recognises."""
    body = await gateway.send("oi", number="5511900000000", status=400)
    assert body["response"]["message"] == [
        {"exists": False, "jid": "5511900000000@s.whatsapp.net", "number": "5511900000000"}
    ]


@pytest.mark.parametrize(
    ("phone", "number", "jid"),
    [
        (ANA, "551112345678", ANA_JID),
        (ANA, "+55 (11) 91234-5678", ANA_JID),
        (ANA, ANA_JID, ANA_JID),
        ("5531987654321", "5531987654321", "553187654321@s.whatsapp.net"),
        ("5531987654321", "553187654321@s.whatsapp.net", "553187654321@s.whatsapp.net"),
        ("14155550123", "14155550123", "14155550123@s.whatsapp.net"),
    ],
)
async def test_a_person_is_reached_by_every_form_of_the_number(
    gateway: Gateway, phone: str, number: str, jid: str
) -> None:
    """With or without the Brazilian ninth digit; area codes from 31 up have addresses without it."""
    await gateway.call("POST", "/_people", {"name": "Ana", "phone": phone}, status=201)
    assert (await gateway.send("oi", number=number))["key"]["remoteJid"] == jid


async def test_a_person_is_reached_by_the_hidden_address(gateway: Gateway) -> None:
    """A LID answers like the number."""
    (ana,) = (await gateway.call("GET", "/_people", status=200))["people"]
    assert (await gateway.send("oi", number=ana["lid"]))["key"]["remoteJid"] == ANA_JID


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, 'requires property "number"'),
        ({"number": ANA}, 'requires property "text"'),
        ({"number": ANA, "text": " "}, "Text is required"),
        ({"number": "", "text": "oi"}, '"number" cannot be empty'),
        ({"number": 5511, "text": "oi"}, "number is not of a type(s) string"),
        ({"number": ANA, "text": "oi", "delay": "1s"}, "delay is not of a type(s) integer"),
        ({"number": ANA, "text": "x" * 65_537}, "65536"),
    ],
)
async def test_a_wrong_send_is_refused_by_name(gateway: Gateway, body: Json, named: str) -> None:
    """400, and nobody gets anything."""
    error = await gateway.call("POST", SEND, body, status=400)
    assert named in error["response"]["message"][0]
    assert await gateway.messages() == []


async def test_half_a_character_is_replaced(gateway: Gateway) -> None:
    """A lone surrogate, which a model may write, breaks neither the store nor the answer."""
    content = b'{"number": "5511912345678", "text": "oi \\ud83d!"}'
    response = await gateway.client.post(SEND, content=content)
    assert response.json()["message"]["conversation"] == "oi \ufffd!"
    assert [message["text"] for message in await gateway.messages()] == ["oi \ufffd!"]


async def test_the_root_answers_a_program_as_the_original_does(gateway: Gateway) -> None:
    """And a browser gets the chat page, which may load and call nothing from elsewhere."""
    assert (await gateway.call("GET", "/", status=200))["version"] == "2.3.7"
    page = await gateway.client.get("/", headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_body_that_is_no_json_is_refused(gateway: Gateway) -> None:
    """400 that says so."""
    response = await gateway.client.post(SEND, content=b"{")
    assert response.status_code == 400
    assert "not JSON" in response.json()["response"]["message"][0]


async def test_a_closed_instance_sends_nothing(gateway: Gateway) -> None:
    """400 "Connection Closed", as every error inside the original's send."""
    await gateway.call("PATCH", f"/_instances/{SHOP}", {"state": "close"}, status=200)
    body = await gateway.send("oi", status=400)
    assert body["response"]["message"] == ["Error: Connection Closed"]
    assert await gateway.messages() == []


async def test_an_instance_that_closes_while_a_send_is_held_sends_nothing(gateway: Gateway) -> None:
    """The typing that `delay` asks for ends in the same error."""
    stream = gateway.client.stream("GET", "/_stream")
    async with stream as watching:
        lines = watching.aiter_lines()
        sending = asyncio.create_task(gateway.send("oi", delay=300, status=400))
        while await anext(lines) != "event: presence":
            pass
        await gateway.call("PATCH", f"/_instances/{SHOP}", {"state": "close"}, status=200)
        assert (await sending)["response"]["message"] == ["Error: Connection Closed"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "error"}, "Error: Connection Closed"),
        ({"kind": "error", "message": "Error: rate-overlimit"}, "Error: rate-overlimit"),
        ({"kind": "timeout", "seconds": 0}, "Error: Timed Out"),
    ],
)
async def test_a_played_error_spoils_its_number_of_sends(gateway: Gateway, fault: Json, message: str) -> None:
    """Two fail and leave nothing, the third arrives."""
    await gateway.call("POST", "/_faults", {**fault, "count": 2}, status=200)
    for _ in range(2):
        assert (await gateway.send("oi", status=400))["response"]["message"] == [message]
    await gateway.send("chegou")
    assert [sent["text"] for sent in await gateway.messages()] == ["chegou"]


@pytest.mark.parametrize("delivered", [True, False])
async def test_a_hang_up_may_or_may_not_have_sent(gateway: Gateway, delivered: bool) -> None:
    """The caller cannot tell; `findMessages` can."""
    await gateway.call("POST", "/_faults", {"kind": "hang_up", "delivered": delivered}, status=200)
    with pytest.raises(httpx.RemoteProtocolError):
        await gateway.send("oi")
    found = await gateway.call("POST", f"/chat/findMessages/{SHOP}", {}, status=200)
    assert found["messages"]["total"] == int(delivered)


async def test_a_dropped_send_stays_pending(gateway: Gateway) -> None:
    """It is accepted and echoed, but the person never sees it and no tick follows."""
    await gateway.call("POST", "/_faults", {"kind": "drop"}, status=200)
    await gateway.send("some")
    await gateway.receiver.wait_for("send.message")
    assert await gateway.messages() == []
    await gateway.settled()
    assert gateway.receiver.of("messages.update") == []


async def test_a_rejected_send_becomes_an_error(gateway: Gateway) -> None:
    """Accepted, then the status ERROR, as when WhatsApp refuses new chats."""
    await gateway.call("POST", "/_faults", {"kind": "reject"}, status=200)
    answer = await gateway.send("promo")
    assert answer["status"] == "PENDING"
    (update,) = await gateway.receiver.wait_for("messages.update")
    assert (update["data"]["keyId"], update["data"]["status"]) == (answer["key"]["id"], "ERROR")


@pytest.mark.parametrize(("ticks", "statuses"), [("off", set()), ("delivered", {"DELIVERY_ACK"})])
async def test_ticks_can_be_switched_off(gateway: Gateway, ticks: str, statuses: set[str]) -> None:
    """Nothing more than the switch allows is reported."""
    await gateway.call("PATCH", "/_switches", {"ticks": ticks}, status=200)
    await gateway.send("oi")
    if statuses:
        await gateway.receiver.wait_for("messages.update")
    await gateway.receiver.wait_for("send.message")
    await gateway.settled()
    assert {update["data"]["status"] for update in gateway.receiver.of("messages.update")} == statuses


async def test_presence_is_taken_and_held_for_its_delay(gateway: Gateway) -> None:
    """201 with the presence; all three properties are required."""
    path, body = f"/chat/sendPresence/{SHOP}", {"number": ANA, "presence": "composing", "delay": 1}
    assert await gateway.call("POST", path, body, status=201) == {"presence": "composing"}
    await gateway.call("POST", path, {**body, "presence": "dancing"}, status=400)
    await gateway.call("POST", path, {"number": ANA, "presence": "composing"}, status=400)


@pytest.mark.parametrize(("jid", "status"), [(ANA_JID, "READ"), ("203948572011933@lid", "DELIVERY_ACK")])
async def test_read_marks_reach_the_customer(gateway: Gateway, jid: str, status: str) -> None:
    """Blue ticks on the customer's phone; a LID address is silently skipped, as in the original."""
    written = await gateway.ana_writes("oi")
    keys = [{"id": written["id"], "fromMe": False, "remoteJid": jid}]
    answer = await gateway.call("POST", f"/chat/markMessageAsRead/{SHOP}", {"readMessages": keys}, status=201)
    assert answer == {"message": "Read messages", "read": "success"}
    assert (await gateway.messages())[0]["status"] == status


async def test_numbers_can_be_checked(gateway: Gateway) -> None:
    """Known ones with their name, unknown ones as not existing."""
    numbers = {"numbers": [ANA, "5511900000000"]}
    known, unknown = await gateway.call("POST", f"/chat/whatsappNumbers/{SHOP}", numbers, status=200)
    assert known == {"jid": ANA_JID, "exists": True, "number": ANA, "name": "Ana"}
    assert (unknown["exists"], unknown["number"]) == (False, "5511900000000")


async def test_messages_are_found_by_their_key(gateway: Gateway) -> None:
    """Newest first, in pages, narrowed by id, chat or direction, and only those of the instance."""
    first = await gateway.ana_writes("um")
    answer = await gateway.send("dois")
    await gateway.ana_writes("três")

    async def find(**body: Any) -> Any:
        return (await gateway.call("POST", f"/chat/findMessages/{SHOP}", body, status=200))["messages"]

    texts = [record["message"]["conversation"] for record in (await find())["records"]]
    assert texts == ["três", "dois", "um"]
    by_id = await find(where={"key": {"id": first["id"]}})
    assert [record["key"]["id"] for record in by_id["records"]] == [first["id"]]
    mine = await find(where={"key": {"remoteJid": ANA_JID, "fromMe": True}})
    assert [record["key"]["id"] for record in mine["records"]] == [answer["key"]["id"]]
    page = await find(page=2, offset=2)
    assert (page["total"], page["pages"], page["currentPage"], len(page["records"])) == (3, 2, 2, 1)
    await gateway.call("POST", "/instance/create", {"instanceName": "loja-b"}, status=201)
    other = await gateway.call("POST", "/chat/findMessages/loja-b", {}, status=200)
    assert other["messages"]["records"] == []
