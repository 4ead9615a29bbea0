"""Who may call: keys of the business side, this machine's own pages on the people's side."""

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from infra.local.whatsapp.errors import BadRequestError, ForbiddenError, UnauthorizedError
from infra.local.whatsapp.gateway import Gateway
from infra.local.whatsapp.models import Instance

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def gateway_of(request: Request) -> Gateway:
    """Return the gateway that the application serves."""
    gateway: Gateway = request.app.state.gateway
    return gateway


def authorized(request: Request) -> tuple[Gateway, Instance]:
    """Return the gateway and the instance of the path.

    Raises `UnauthorizedError` on a key that is neither the global one nor the instance's, before it tells whether the
    instance exists.
    """
    gateway, name = gateway_of(request), str(request.path_params["instance"])
    instance = gateway.store.instance(name)
    tokens = [gateway.config.api_key] + ([instance.token] if instance else [])
    _check_key(request, tokens)
    return gateway, gateway.instance(name)


def administrator(request: Request) -> Gateway:
    """Return the gateway to the holder of the global key; raises `UnauthorizedError`."""
    gateway = gateway_of(request)
    _check_key(request, [gateway.config.api_key])
    return gateway


def check_own_page(request: Request) -> None:
    """Let a program on this machine or the gateway's own page pass.

    A page of another site could post here through its visitor's browser, or read through a name that it points at
    127.0.0.1, so both are refused. Raises `ForbiddenError`, or `BadRequestError` on a write without JSON.
    """
    host = request.headers.get("host", "")
    client = request.client.host if request.client else ""
    if client not in _LOOPBACK or urlsplit(f"//{host}").hostname not in _LOOPBACK:
        raise ForbiddenError("the people's side answers this machine only")
    origin = request.headers.get("origin")
    from_elsewhere = request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    if from_elsewhere or (origin is not None and urlsplit(origin).netloc != host):
        raise ForbiddenError("a page of another site may not use the people's side")
    if request.method in {"POST", "PATCH"} and not request.headers.get("content-type", "").startswith(
        "application/json"
    ):
        raise BadRequestError("the content type must be application/json")


def _check_key(request: Request, accepted: list[str]) -> None:
    key = request.headers.get("apikey", "").encode()
    if not any(hmac.compare_digest(key, token.encode()) for token in accepted):
        raise UnauthorizedError
