"""Ids of a bulk request: a JSON body from the Python SDK, repeated query parameters from the JavaScript one."""

from infra.local.qstash.calls import Call
from infra.local.qstash.errors import InvalidRequestError


def listed_ids(call: Call, field: str) -> list[str]:
    """Return the ids under `field` of the body, [] without a body.

    Raises `InvalidRequestError` for an empty list: taken for no list at all it would select everything.
    """
    content = call.json()
    if content is None:
        return []
    ids = content.get(field) if isinstance(content, dict) else None
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise InvalidRequestError(f'the body must be {{"{field}": […]}} with a list of ids')
    if not [item for item in ids if item]:
        raise InvalidRequestError(f"{field} is empty; leave it out to select everything")
    return ids
