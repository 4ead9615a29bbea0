"""The people's side: what happens on phones, for the chat page, the demo and tests. The package docstring lists it."""

from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.local.whatsapp.bodies import json_object, maybe_text, optional, required
from infra.local.whatsapp.errors import BadRequestError, NotFoundError
from infra.local.whatsapp.faults import Fault
from infra.local.whatsapp.feed import Change
from infra.local.whatsapp.gateway import Gateway, instance_view, message_view
from infra.local.whatsapp.media import headers_of, read_file
from infra.local.whatsapp.models import Person
from infra.local.whatsapp.phones import jid_of, lid_of, phone_of
from infra.local.whatsapp.tenancy import gateway_of

#: How soon a browser comes back after a cut.
_RECONNECT_MS = 500
_TICKS = ("off", "delivered", "read")


async def list_people(request: Request) -> Response:
    """GET /_people."""
    return JSONResponse({"people": [asdict(person) for person in gateway_of(request).store.people()]})


async def save_person(request: Request) -> Response:
    """POST /_people: add a person, or change the one who has the phone."""
    gateway = gateway_of(request)
    body = await json_object(request)
    person = _person(gateway, body)
    gateway.store.save_person(person)
    gateway.feed.publish(Change("person", asdict(person)))
    return JSONResponse(asdict(person), status_code=201)


async def write_message(request: Request) -> Response:
    """POST /_people/{phone}/messages."""
    gateway = gateway_of(request)
    body = await json_object(request)
    person = gateway.person(request.path_params["phone"])
    instance = gateway.instance(required(body, "instance", str))
    media = optional(body, "media", dict, {})
    file = read_file(media) if media else None
    text = optional(body, "text", str, "") if file else required(body, "text", str)
    message = gateway.person_writes(person, instance, text, maybe_text(body, "quoted"), file=file)
    return JSONResponse(message_view(message), status_code=201)


async def edit_message(request: Request) -> Response:
    """PATCH /_people/{phone}/messages/{id}."""
    gateway = gateway_of(request)
    body = await json_object(request)
    person = gateway.person(request.path_params["phone"])
    message = gateway.message(required(body, "instance", str), request.path_params["id"])
    return JSONResponse(message_view(gateway.person_edits(person, message, required(body, "text", str))))


async def revoke_message(request: Request) -> Response:
    """DELETE /_people/{phone}/messages/{id}?instance=…."""
    gateway = gateway_of(request)
    person = gateway.person(request.path_params["phone"])
    message = gateway.message(request.query_params.get("instance", ""), request.path_params["id"])
    return JSONResponse(message_view(gateway.person_revokes(person, message)))


async def show_file(request: Request) -> Response:
    """GET /_people/{phone}/messages/{id}/media?instance=…"""
    gateway = gateway_of(request)
    person = gateway.person(request.path_params["phone"])
    message = gateway.message(request.query_params.get("instance", ""), request.path_params["id"])
    content = gateway.messages.content(message)
    if message.media is None or content is None or message.person != person.phone:
        raise NotFoundError(f'message "{message.id}" has no file')
    return Response(content, headers=headers_of(message.media))


async def type_on_phone(request: Request) -> Response:
    """POST /_business/{instance}/messages."""
    gateway = gateway_of(request)
    body = await json_object(request)
    instance = gateway.instance(request.path_params["instance"])
    person = gateway.person(required(body, "to", str))
    return JSONResponse(
        message_view(gateway.business_types(instance, person, required(body, "text", str))), status_code=201
    )


async def list_chats(request: Request) -> Response:
    """GET /_chats?person=…."""
    gateway = gateway_of(request)
    person = gateway.person(request.query_params.get("person", ""))
    chats: dict[str, list[dict[str, Any]]] = {}
    for message in gateway.messages.of_person(person.phone):
        chats.setdefault(message.instance, []).append(message_view(message))
    return JSONResponse({"chats": [{"instance": name, "messages": messages} for name, messages in chats.items()]})


async def list_messages(request: Request) -> Response:
    """GET /_messages?after=N."""
    gateway, query = gateway_of(request), request.query_params
    after = _revision(query.get("after"))
    changed = gateway.messages.changed_after(after, instance=query.get("instance"), person=query.get("person"))
    newest = gateway.messages.newest_revision()
    return JSONResponse({"messages": [message_view(message) for message in changed], "revision": newest})


async def stream(request: Request) -> Response:
    """GET /_stream: `hello`, then what was missed after `Last-Event-ID` (or `?after=`), then everything new."""
    gateway = gateway_of(request)
    after = request.headers.get("last-event-id") or request.query_params.get("after")
    seen = gateway.messages.newest_revision() if after is None else _revision(after)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(gateway, seen), media_type="text/event-stream", headers=headers)


async def list_instances(request: Request) -> Response:
    """GET /_instances."""
    return JSONResponse({"instances": [instance_view(instance) for instance in gateway_of(request).store.instances()]})


async def change_instance(request: Request) -> Response:
    """PATCH /_instances/{name}: rename it, give it its number, or open and close it."""
    gateway = gateway_of(request)
    body = await json_object(request)
    old = gateway.instance(request.path_params["instance"])
    state = optional(body, "state", str, old.state)
    if state not in {"open", "close"}:
        raise BadRequestError("state must be open or close")
    name, number = optional(body, "profile_name", str, old.profile_name), optional(body, "number", str, old.number)
    renamed = replace(old, profile_name=name, number=phone_of(number))
    gateway.store.save_instance(renamed)
    gateway.announce_instance(renamed)
    changed = gateway.set_state(renamed, "open" if state == "open" else "close")
    return JSONResponse(instance_view(changed))


async def show_switches(request: Request) -> Response:
    """GET /_switches."""
    return JSONResponse(_switches(gateway_of(request)))


async def change_switches(request: Request) -> Response:
    """PATCH /_switches."""
    gateway = gateway_of(request)
    ticks = required(await json_object(request), "ticks", str)
    if ticks not in _TICKS:
        raise BadRequestError(f"ticks must be one of {', '.join(_TICKS)}")
    gateway.store.set_switch("ticks", ticks)
    return JSONResponse(_switches(gateway))


async def add_fault(request: Request) -> Response:
    """POST /_faults, or DELETE to let everything pass again."""
    gateway = gateway_of(request)
    if request.method == "DELETE":
        gateway.faults.clear()
    else:
        gateway.faults.add(_fault(await json_object(request)))
    return JSONResponse(_switches(gateway))


async def list_webhooks(request: Request) -> Response:
    """GET /_webhooks?wait=SECONDS: answers as soon as nothing is on its way, or after that long."""
    gateway = gateway_of(request)
    await gateway.idle(_seconds(request.query_params.get("wait")))
    return JSONResponse({"undelivered": [asdict(delivery) for delivery in gateway.webhooks.undelivered()]})


ROUTES = [
    Route("/_people", list_people),
    Route("/_people", save_person, methods=["POST"]),
    Route("/_people/{phone}/messages", write_message, methods=["POST"]),
    Route("/_people/{phone}/messages/{id}", edit_message, methods=["PATCH"]),
    Route("/_people/{phone}/messages/{id}", revoke_message, methods=["DELETE"]),
    Route("/_people/{phone}/messages/{id}/media", show_file),
    Route("/_business/{instance}/messages", type_on_phone, methods=["POST"]),
    Route("/_chats", list_chats),
    Route("/_messages", list_messages),
    Route("/_stream", stream),
    Route("/_instances", list_instances),
    Route("/_instances/{instance}", change_instance, methods=["PATCH"]),
    Route("/_switches", show_switches),
    Route("/_switches", change_switches, methods=["PATCH"]),
    Route("/_faults", add_fault, methods=["POST", "DELETE"]),
    Route("/_webhooks", list_webhooks),
]


def _person(gateway: Gateway, body: dict[str, Any]) -> Person:
    phone, role = phone_of(required(body, "phone", str)), optional(body, "role", str, "customer")
    if role not in {"customer", "owner"}:
        raise BadRequestError("role must be customer or owner")
    name = required(body, "name", str).strip()
    if not name:
        raise BadRequestError('The "name" cannot be empty')
    twin = gateway.find_person(phone)
    if twin is not None and twin.phone != phone:
        raise BadRequestError(f"{phone} is the same WhatsApp account as {twin.phone} of {twin.name}")
    instance = maybe_text(body, "instance")
    if instance is not None:
        gateway.instance(instance)
    return Person(phone, name, "owner" if role == "owner" else "customer", jid_of(phone), lid_of(phone), instance)


def _fault(body: dict[str, Any]) -> Fault:
    kind: Any = required(body, "kind", str)
    standard = Fault("error")
    return Fault(
        kind=kind,
        count=optional(body, "count", int, standard.count),
        seconds=optional(body, "seconds", float, standard.seconds),
        message=optional(body, "message", str, standard.message),
        delivered=optional(body, "delivered", bool, standard.delivered),
    )


def _switches(gateway: Gateway) -> dict[str, Any]:
    faults = [asdict(fault) for fault in gateway.faults.waiting()]
    return {"ticks": gateway.store.switch("ticks", "read"), "faults": faults}


def _revision(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError as error:
        raise BadRequestError(f'after must be a revision number, not "{text}"') from error


def _seconds(text: str | None) -> float:
    try:
        return max(float(text or 0), 0)
    except ValueError as error:
        raise BadRequestError(f'wait must be a number of seconds, not "{text}"') from error


async def _events(gateway: Gateway, seen: int) -> AsyncIterator[str]:
    with gateway.feed.subscribe() as queue:
        yield f"retry: {_RECONNECT_MS}\n\n"
        yield Change("hello", {"revision": gateway.messages.newest_revision()}).as_event()
        for message in gateway.messages.changed_after(seen):
            yield Change("message", message_view(message), message.revision).as_event()
        while (change := await queue.get()) is not None:
            yield change.as_event()
