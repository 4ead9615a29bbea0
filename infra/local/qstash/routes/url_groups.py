"""URL groups, called topics in the paths."""

from typing import Any

from starlette.responses import JSONResponse, Response

from infra.local.qstash import quotas, url_groups
from infra.local.qstash.calls import Call
from infra.local.qstash.directives import check_name, check_url
from infra.local.qstash.errors import InvalidRequestError, NotFoundError
from infra.local.qstash.headers import Headers, canonical
from infra.local.qstash.journal import Transaction
from infra.local.qstash.router import Route
from infra.local.qstash.url_groups import Endpoint, UrlGroup
from infra.local.qstash.views import url_group_view


async def _list(call: Call) -> Response:
    groups = await call.broker.run(url_groups.find_all)
    return JSONResponse([url_group_view(group) for group in groups])


async def _get(call: Call) -> Response:
    return JSONResponse(url_group_view(await call.broker.run(lambda tx: _existing(tx, call.name("name")))))


async def _upsert_endpoints(call: Call) -> Response:
    name = check_name(call.name("name"), "url group name")
    endpoints = [_endpoint(item) for item in _items(call)]

    def store(tx: Transaction) -> None:
        limits = call.broker.limits
        if url_groups.find(tx, name) is None:
            quotas.check_url_groups(tx, limits)
        url_groups.upsert_endpoints(tx, name, endpoints=endpoints)
        group = url_groups.find(tx, name)
        quotas.check(limits.endpoints, len(group.endpoints) if group else 0, name="maxEndpointsPerTopic")

    await call.broker.run(store)
    return JSONResponse({})


async def _remove_endpoints(call: Call) -> Response:
    items = _items(call)
    for item in items:
        if not (item.get("url") or item.get("name")):
            raise InvalidRequestError("an endpoint to remove needs its url or its name")
    urls = [item["url"] for item in items if item.get("url")]
    names = [item["name"] for item in items if item.get("name") and not item.get("url")]

    def remove(tx: Transaction) -> None:
        url_groups.remove_endpoints(tx, _existing(tx, call.name("name")).name, urls=urls, names=names)

    await call.broker.run(remove)
    return JSONResponse({})


async def _set_headers(call: Call) -> Response:
    headers = call.json_object().get("headers")
    if not isinstance(headers, dict):
        raise InvalidRequestError("headers must be a JSON object")
    wanted: Headers = {
        canonical(name): [str(value) for value in (values if isinstance(values, list) else [values])]
        for name, values in headers.items()
    }
    await call.broker.run(lambda tx: url_groups.set_headers(tx, _existing(tx, call.name("name")).name, headers=wanted))
    return JSONResponse({})


async def _delete(call: Call) -> Response:
    # A group that does not exist is deleted all the same, as on the service.
    await call.broker.run(lambda tx: url_groups.delete(tx, call.name("name")))
    return JSONResponse({})


def _items(call: Call) -> list[dict[str, Any]]:
    items = call.json_object().get("endpoints")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise InvalidRequestError("endpoints must be a list of objects with url or name")
    for item in items:
        for field in ("url", "name"):
            if item.get(field) is not None and not isinstance(item[field], str):
                raise InvalidRequestError(f"{field} of an endpoint must be a string")
    return items


def _endpoint(item: dict[str, Any]) -> Endpoint:
    return Endpoint(check_url(item.get("url") or "", "url of an endpoint"), item.get("name") or None)


def _existing(tx: Transaction, name: str) -> UrlGroup:
    group = url_groups.find(tx, name)
    if group is None:
        raise NotFoundError(f"url group {name!r} not found")
    return group


ROUTES = [
    Route("GET", "/v2/topics", _list),
    Route("GET", "/v2/topics/{name}", _get),
    Route("PATCH", "/v2/topics/{name}", _set_headers),
    Route("DELETE", "/v2/topics/{name}", _delete),
    Route("POST", "/v2/topics/{name}/endpoints", _upsert_endpoints),
    Route("DELETE", "/v2/topics/{name}/endpoints", _remove_endpoints),
]
