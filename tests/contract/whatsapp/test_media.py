"""Files: sent from phones, told in webhooks as WhatsApp does, and handed over once they are asked for."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.whatsapp.conftest import ANA, SHOP, Gateway, Json, RunGateway, set_up

BYTES = b"%PDF-1.7 made up"
ENCODED = base64.b64encode(BYTES).decode()
FETCH = f"/chat/getBase64FromMediaMessage/{SHOP}"


async def fetch(gateway: Gateway, message_id: str, *, status: int = 201) -> Any:
    body = {"message": {"key": {"id": message_id}}, "convertToMp4": False}
    return await gateway.call("POST", FETCH, body, status=status)


TOLD: list[tuple[Json, str, str, Json]] = [
    ({"kind": "voice", "transcript": "Oi"}, "", "audioMessage", {"ptt": True, "seconds": 1}),
    ({"kind": "audio", "base64": ENCODED, "seconds": 9}, "", "audioMessage", {"ptt": False, "seconds": 9}),
    ({"kind": "image", "description": "um cachorro"}, "minha cachorra", "imageMessage", {"caption": "minha cachorra"}),
    ({"kind": "document", "base64": ENCODED, "filename": "nota.pdf"}, "", "documentMessage", {"fileName": "nota.pdf"}),
]


@pytest.mark.parametrize(("media", "caption", "member", "fields"), TOLD, ids=[told[0]["kind"] for told in TOLD])
async def test_a_file_is_told_without_its_bytes(
    gateway: Gateway, media: Json, caption: str, member: str, fields: Json
) -> None:
    """The webhook says of what sort and how large it is, in WhatsApp's own names."""
    sent = await gateway.ana_writes(caption, media=media)
    [told] = await gateway.receiver.wait_for("messages.upsert")
    assert told["data"]["messageType"] == member
    content = told["data"]["message"][member]
    assert content.items() >= fields.items()
    assert content["fileLength"] == {"low": sent["media"]["size"], "high": 0, "unsigned": True}
    assert "base64" not in json.dumps(told)


@pytest.mark.parametrize(
    ("media", "caption", "wrapper"),
    [
        ({"kind": "image", "base64": ENCODED, "view_once": True}, "", "viewOnceMessageV2"),
        ({"kind": "document", "base64": ENCODED}, "segue a nota", "documentWithCaptionMessage"),
    ],
)
async def test_what_whatsapp_wraps_is_wrapped(gateway: Gateway, media: Json, caption: str, wrapper: str) -> None:
    """Evolution does not unwrap it."""
    await gateway.ana_writes(caption, media=media)
    [told] = await gateway.receiver.wait_for("messages.upsert")
    assert told["data"]["messageType"] == wrapper
    assert list(told["data"]["message"][wrapper]) == ["message"]


async def test_the_bytes_come_when_they_are_asked_for(gateway: Gateway) -> None:
    """To the API as base64, to the person's own page as they are, never as a page of the gateway's."""
    media = {"kind": "document", "base64": ENCODED, "mimetype": "text/html", "filename": "nota.html"}
    sent = await gateway.ana_writes("", media=media)
    handed = await fetch(gateway, sent["id"])
    assert (base64.b64decode(handed["base64"]), handed["mimetype"]) == (BYTES, "text/html")
    assert (handed["fileName"], handed["mediaType"]) == ("nota.html", "documentMessage")
    shown = await gateway.client.get(f"/_people/{ANA}/messages/{sent['id']}/media", params={"instance": SHOP})
    assert (shown.content, shown.headers["content-type"]) == (BYTES, "application/octet-stream")
    assert shown.headers["content-disposition"] == "attachment"


async def test_what_is_not_there_is_refused_as_the_original_does(gateway: Gateway) -> None:
    """An unknown message, a text, a file that was deleted, and a file that WhatsApp no longer has: all are 400."""
    text = await gateway.ana_writes("oi")
    deleted = await gateway.ana_writes("", media={"kind": "voice", "transcript": "Oi"})
    await gateway.call("DELETE", f"/_people/{ANA}/messages/{deleted['id']}?instance={SHOP}", status=200)
    for message_id in ("3EB0FFFF", text["id"], deleted["id"]):
        assert (await fetch(gateway, message_id, status=400))["error"] == "Bad Request"


async def test_a_missing_file_spoils_no_send(gateway: Gateway) -> None:
    """The fault waits for a download, and is over after it."""
    sent = await gateway.ana_writes("", media={"kind": "voice", "transcript": "Oi"})
    await gateway.call("POST", "/_faults", {"kind": "media_missing"}, status=200)
    await gateway.send("olá")
    await fetch(gateway, sent["id"], status=400)
    await fetch(gateway, sent["id"])


@pytest.mark.parametrize(
    ("media", "named"),
    [
        ({"kind": "song", "base64": ENCODED}, "kind"),
        ({"kind": "image"}, "base64"),
        ({"kind": "voice", "transcript": "a" * 64_000, "seconds": 1}, "transcript"),
        ({"kind": "voice", "transcript": "a", "seconds": 3601}, "seconds"),
        ({"kind": "image", "base64": "!"}, "base64"),
        ({"kind": "image", "base64": base64.b64encode(bytes(16 * 1024 * 1024 + 1)).decode()}, "bytes"),
    ],
)
async def test_a_wrong_file_is_refused_by_name(gateway: Gateway, media: Json, named: str) -> None:
    """Nothing is sent then."""
    body = {"instance": SHOP, "text": "", "media": media}
    refused = await gateway.call("POST", f"/_people/{ANA}/messages", body, status=400)
    assert named in str(refused["response"]["message"])
    assert await gateway.messages() == []


async def test_files_survive_a_restart(run_gateway: RunGateway, tmp_path: Path) -> None:
    """Like all that was said."""
    async with run_gateway(tmp_path) as gateway:
        await set_up(gateway)
        sent = await gateway.ana_writes("", media={"kind": "document", "base64": ENCODED})
    async with run_gateway(tmp_path) as gateway:
        assert base64.b64decode((await fetch(gateway, sent["id"]))["base64"]) == BYTES
        assert (await gateway.messages())[0]["media"] == sent["media"]
