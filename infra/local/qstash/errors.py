"""Errors that a caller of the API sees.

BrokerError                 500
├── InvalidRequestError     400
├── UnauthorizedError       401
├── NotFoundError           404
├── MethodNotAllowedError   405
├── QuotaError              412
└── DailyLimitError         429
"""

from collections.abc import Mapping


class BrokerError(Exception):
    """The request cannot be served; the message says why and names the offending field."""

    status = 500
    headers: Mapping[str, str] = {}


class InvalidRequestError(BrokerError):
    """A header, parameter, destination or body is malformed."""

    status = 400


class UnauthorizedError(BrokerError):
    """The token is missing or wrong."""

    status = 401


class NotFoundError(BrokerError):
    """The message, queue, schedule, URL group, flow control key or dead letter does not exist."""

    status = 404


class MethodNotAllowedError(BrokerError):
    """The path exists, the method on it does not."""

    status = 405


class QuotaError(BrokerError):
    """A limit of the plan would be exceeded; trying again does not help."""

    status = 412


class DailyLimitError(BrokerError):
    """The messages of the day are used up."""

    status = 429

    def __init__(self, message: str, *, limit: int, reset: int) -> None:
        super().__init__(message)
        self.headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(reset),
        }
