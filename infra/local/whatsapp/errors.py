"""Errors of the gateway, each with the status and the body that Evolution gives it.

GatewayError
├── BadRequestError      400
├── UnauthorizedError    401
├── ForbiddenError       403
├── NotFoundError        404
└── HangUpError          no answer at all: the connection is cut
"""

from http import HTTPStatus
from typing import Any


class GatewayError(Exception):
    """A request that the gateway refuses."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, *messages: Any) -> None:
        super().__init__(*messages)
        self.messages = messages

    def body(self) -> dict[str, Any]:
        """Return the answer in Evolution's error shape."""
        return {
            "status": int(self.status),
            "error": self.status.phrase,
            "response": {"message": list(self.messages)},
        }


class BadRequestError(GatewayError):
    """The body is not what the call needs, or the send failed: Evolution gives both the same status."""

    status = HTTPStatus.BAD_REQUEST


class UnauthorizedError(GatewayError):
    """The key is missing or opens neither the gateway nor this instance."""

    status = HTTPStatus.UNAUTHORIZED

    def body(self) -> dict[str, Any]:
        """Return Evolution's body, where this one message is a string."""
        return {"status": 401, "error": "Unauthorized", "response": {"message": "Unauthorized"}}


class ForbiddenError(GatewayError):
    """The name is taken, or the caller may not use this side of the gateway."""

    status = HTTPStatus.FORBIDDEN


class NotFoundError(GatewayError):
    """There is no such instance, person or message."""

    status = HTTPStatus.NOT_FOUND


class HangUpError(GatewayError):
    """Play a cut connection: the caller learns nothing about its request."""
