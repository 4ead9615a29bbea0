"""The people's side: phones, live stream, and who may use it."""

import json
from collections.abc import AsyncGenerator

import httpx
import pytest

from tests.contract.whatsapp.conftest import ANA, SHOP, Gateway, Json, RunGateway


async def changes(gateway: Gateway, headers: dict[str, str] | None = None) -> AsyncGenerator[tuple[str, Json], None]:
    """Yield what the live stream tells, as (kind, data)."""
    async with gateway.client.stream("GET", "/_stream", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        kind = ""
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            if line.startswith("data: "):
                yield kind, json.loads(line.removeprefix("data: "))


async def test_people_are_added_and_renamed(gateway: Gateway) -> None:
    """A phone has one person, whatever it is written like."""
    await gateway.call(
        "POST", "/_people", {"name": "Ana Paula", "phone": "+55 (11) 91234-5678", "role": "owner"}, status=201
    )
    (person,) = (await gateway.call("GET", "/_people", status=200))["people"]
    assert (person["name"], person["phone"], person["role"]) == ("Ana Paula", ANA, "owner")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"phone": "5511900000001"}, "name"),
        ({"name": " ", "phone": "5511900000001"}, "name"),
        ({"name": "Bia"}, "phone"),
        ({"name": "Bia", "phone": "call me"}, "call me"),
        ({"name": "Bia", "phone": "12"}, "12"),
        ({"name": "Bia", "phone": "5511900000001", "role": "king"}, "role"),
        ({"name": "Bia", "phone": "5511900000001", "instance": "nowhere"}, "nowhere"),
        ({"name": "Bia", "phone": "551112345678"}, "Ana"),
    ],
)
async def test_a_wrong_person_is_refused_by_name(gateway: Gateway, body: Json, named: str) -> None:
    """Also one whose number without the ninth digit is somebody else's account."""
    response = await gateway.client.post("/_people", json=body)
    assert response.status_code in {400, 404}
    assert named in str(response.json()["response"]["message"])
    assert len((await gateway.call("GET", "/_people", status=200))["people"]) == 1


async def test_a_chat_holds_both_sides_in_order(gateway: Gateway) -> None:
    """What the person wrote, what the bot sent and what was typed on the business's phone."""
    await gateway.ana_writes("oi")
    await gateway.send("olá")
    await gateway.call("POST", f"/_business/{SHOP}/messages", {"to": ANA, "text": "aqui é a Carla"}, status=201)
    (chat,) = (await gateway.call("GET", f"/_chats?person={ANA}", status=200))["chats"]
    assert chat["instance"] == SHOP
    assert [(message["author"], message["text"]) for message in chat["messages"]] == [
        ("person", "oi"),
        ("api", "olá"),
        ("phone", "aqui é a Carla"),
    ]


async def test_chats_of_two_businesses_stay_apart(gateway: Gateway) -> None:
    """The same person, the same words, two chats."""
    await gateway.call("POST", "/instance/create", {"instanceName": "loja-b"}, status=201)
    await gateway.ana_writes("oi")
    await gateway.ana_writes("oi", instance="loja-b")
    chats = (await gateway.call("GET", f"/_chats?person={ANA}", status=200))["chats"]
    assert [(chat["instance"], len(chat["messages"])) for chat in chats] == [(SHOP, 1), ("loja-b", 1)]


async def test_polling_tells_only_what_changed(gateway: Gateway) -> None:
    """A reader that gives the last revision gets what is newer, edits included."""
    first = await gateway.ana_writes("um")
    seen = (await gateway.call("GET", "/_messages?after=0", status=200))["revision"]
    assert (await gateway.call("GET", f"/_messages?after={seen}", status=200))["messages"] == []
    path = f"/_people/{ANA}/messages/{first['id']}"
    await gateway.call("PATCH", path, {"instance": SHOP, "text": "dois"}, status=200)
    (changed,) = (await gateway.call("GET", f"/_messages?after={seen}&instance={SHOP}", status=200))["messages"]
    assert (changed["text"], changed["edited"]) == ("dois", True)
    assert (await gateway.call("GET", f"/_messages?after={seen}&person=nobody", status=200))["messages"] == []


async def test_the_stream_tells_messages_and_typing_live(gateway: Gateway) -> None:
    """The first word is `hello`, then everything as it happens."""
    stream = changes(gateway)
    assert await anext(stream) == ("hello", {"revision": 0})
    written = await gateway.ana_writes("oi")
    assert await anext(stream) == ("message", written)
    await gateway.call(
        "POST", f"/chat/sendPresence/{SHOP}", {"number": ANA, "presence": "composing", "delay": 0}, status=201
    )
    doing = [await anext(stream) for _ in range(2)]
    assert [data["presence"] for _, data in doing] == ["composing", "paused"]
    await gateway.call("POST", "/_people", {"name": "Bia", "phone": "5511900000001"}, status=201)
    assert (await anext(stream))[1]["name"] == "Bia"
    await gateway.call("PATCH", f"/_instances/{SHOP}", {"profile_name": "Bella"}, status=200)
    assert (await anext(stream))[1]["profile_name"] == "Bella"
    await stream.aclose()


async def test_a_stream_resumes_where_it_was_cut(gateway: Gateway) -> None:
    """`Last-Event-ID` brings what was missed, once."""
    seen = (await gateway.ana_writes("um"))["revision"]
    missed = await gateway.ana_writes("dois")
    stream = changes(gateway, {"last-event-id": str(seen)})
    assert (await anext(stream))[0] == "hello"
    assert await anext(stream) == ("message", missed)
    await stream.aclose()


async def test_streams_end_when_the_server_stops(run_gateway: RunGateway) -> None:
    """A page that is left open does not hold up the end: the stream is finished, not cut."""
    async with httpx.AsyncClient(timeout=10) as watcher:
        async with run_gateway() as gateway:
            url = f"{gateway.client.base_url}/_stream"
            response = await watcher.send(watcher.build_request("GET", url), stream=True)
        lines = [line async for line in response.aiter_lines()]
    assert [line for line in lines if line][1:] == ["event: hello", 'data: {"revision": 0}']


async def test_a_deleted_message_is_not_edited(gateway: Gateway) -> None:
    """What is gone stays gone."""
    path = f"/_people/{ANA}/messages/{(await gateway.ana_writes('oi'))['id']}"
    await gateway.call("DELETE", f"{path}?instance={SHOP}", status=200)
    await gateway.call("PATCH", path, {"instance": SHOP, "text": "de volta"}, status=400)
    assert [message["text"] for message in await gateway.messages()] == [""]


@pytest.mark.parametrize("wrong", ["other", "5511977777777"])
async def test_only_the_author_changes_a_message(gateway: Gateway, wrong: str) -> None:
    """Another person cannot edit it, and what the business sent cannot be edited by anybody."""
    await gateway.call("POST", "/_people", {"name": "Bia", "phone": "5511977777777"}, status=201)
    written = await gateway.ana_writes("oi")
    sent = await gateway.send("olá")
    body = {"instance": SHOP, "text": "mudado"}
    assert (await gateway.client.patch(f"/_people/{wrong}/messages/{written['id']}", json=body)).status_code in {
        400,
        404,
    }
    await gateway.call("PATCH", f"/_people/{ANA}/messages/{sent['key']['id']}", body, status=400)
    assert {message["text"] for message in await gateway.messages()} == {"oi", "olá"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/_people/000000000000/messages", {"instance": SHOP, "text": "oi"}),
        ("POST", f"/_people/{ANA}/messages", {"instance": "nowhere", "text": "oi"}),
        ("PATCH", f"/_people/{ANA}/messages/nothing", {"instance": SHOP, "text": "oi"}),
        ("POST", f"/_business/{SHOP}/messages", {"to": "000000000000", "text": "oi"}),
        ("GET", "/_chats?person=000000000000", None),
        ("PATCH", "/_instances/nowhere", {"state": "open"}),
    ],
)
async def test_the_unknown_is_404(gateway: Gateway, method: str, path: str, body: Json | None) -> None:
    """A person, instance or message that does not exist is said so."""
    await gateway.call(method, path, body, status=404)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"/_people/{ANA}/messages", {"instance": SHOP, "text": "  "}),
        ("POST", f"/_people/{ANA}/messages", {"instance": SHOP}),
        ("PATCH", f"/_instances/{SHOP}", {"state": "ajar"}),
        ("PATCH", "/_switches", {"ticks": "maybe"}),
        ("POST", "/_faults", {"kind": "flood"}),
        ("POST", "/_faults", {"kind": "error", "count": 0}),
        ("POST", "/_faults", {"kind": "error", "delivered": True}),
        ("GET", "/_messages?after=yesterday", None),
        ("GET", "/_webhooks?wait=long", None),
    ],
)
async def test_bad_input_is_400(gateway: Gateway, method: str, path: str, body: Json | None) -> None:
    """With a message that says what is wrong."""
    error = await gateway.call(method, path, body, status=400)
    assert error["response"]["message"][0]


async def test_faults_can_be_called_off(gateway: Gateway) -> None:
    """DELETE lets the next send pass."""
    shown = await gateway.call("POST", "/_faults", {"kind": "error", "count": 9}, status=200)
    assert [fault["count"] for fault in shown["faults"]] == [9]
    assert (await gateway.call("DELETE", "/_faults", status=200))["faults"] == []
    await gateway.send("oi")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"host": "evil.example"},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
    ],
)
async def test_other_sites_pages_are_refused(gateway: Gateway, headers: dict[str, str]) -> None:
    """A page of another origin can neither post nor, through a name that points here, be served."""
    content = json.dumps({"instance": SHOP, "text": "oi"})
    headers = {"content-type": "application/json", **headers}
    response = await gateway.client.post(f"/_people/{ANA}/messages", content=content, headers=headers)
    assert response.status_code in {400, 403}
    assert await gateway.messages() == []


async def test_the_own_page_may_post(gateway: Gateway) -> None:
    """The browser's headers of the chat page itself pass."""
    headers = {"origin": str(gateway.client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    response = await gateway.client.post(
        f"/_people/{ANA}/messages", json={"instance": SHOP, "text": "oi"}, headers=headers
    )
    assert response.status_code == 201


async def test_tokens_are_not_shown_on_the_peoples_side(gateway: Gateway) -> None:
    """The page gets what it shows, no key."""
    (instance,) = (await gateway.call("GET", "/_instances", status=200))["instances"]
    assert set(instance) == {"name", "profile_name", "number", "state"}
