"""PostgREST's errors: their bodies, and the HTTP status of each PostgreSQL error.

Source of codes and statuses: PostgREST's reference "Errors" and its module `PostgREST.Error`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg_pool import PoolTimeout

from infra.local.supabase.config import ANON_ROLE

_STATUS_BY_CODE = {
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
    "P0001": 400,
    "53400": 500,
    "57P01": 503,
    "21000": 500,
}
_STATUS_BY_CLASS = {
    "08": 503,
    "53": 503,
    "0L": 403,
    "0P": 403,
    "28": 403,
    **dict.fromkeys(("09", "25", "2D", "38", "39", "3B", "40", "54", "55", "57", "58", "F0", "HV", "P0", "XX"), 500),
}


@dataclass
class GatewayError(Exception):
    """An answer that is an error. `code` is None for the platform's own refusals, which come before PostgREST."""

    status: int
    code: str | None
    message: str
    details: str | None = None
    hint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> str:
        if self.code is None:
            return json.dumps({"message": self.message, "hint": self.hint})
        return json.dumps(
            {"code": self.code, "details": self.details, "hint": self.hint, "message": self.message},
            ensure_ascii=False,
        )

    def all_headers(self) -> dict[str, str]:
        proxy_status = {} if self.code is None else {"Proxy-Status": f"PostgREST; error={self.code}"}
        return {**proxy_status, **self.headers}


def from_database(error: psycopg.Error, role: str) -> GatewayError:
    """Translate an error of PostgreSQL, or of the way to it, for a caller that acts as `role`."""
    code = error.sqlstate
    if isinstance(error, PoolTimeout):
        return GatewayError(504, "PGRST003", "Timed out acquiring connection from connection pool.")
    if code is None:
        return _without_sqlstate(error)
    if code == "PGRST":
        return _raised_by_function(error)
    return GatewayError(
        status=_status(code, error.diag.message_primary or "", role),
        code=code,
        message=error.diag.message_primary or str(error),
        details=error.diag.message_detail,
        hint=error.diag.message_hint,
    )


def _without_sqlstate(error: psycopg.Error) -> GatewayError:
    if isinstance(error, psycopg.OperationalError):
        return GatewayError(503, "PGRST001", "Database client error. Retrying the connection.")
    return GatewayError(400, "22021", str(error))  # a value that cannot even be sent, such as a zero byte


def _status(code: str, message: str, role: str) -> int:
    if custom := re.fullmatch(r"PT(\d{3})", code):
        return int(custom[1])
    if code == "42501" or (code == "22023" and re.fullmatch(r'role ".*" does not exist', message)):
        return 403 if code == "42501" and role != ANON_ROLE else 401
    if code == "21000" and message.endswith("requires a WHERE clause"):
        return 400
    return _STATUS_BY_CODE.get(code) or _STATUS_BY_CLASS.get(code[:2], 400)


def _raised_by_function(error: psycopg.Error) -> GatewayError:
    """`RAISE SQLSTATE 'PGRST'`: the message is the body and the detail is status and headers, both as JSON."""
    try:
        body = json.loads(error.diag.message_primary or "")
        answer = json.loads(error.diag.message_detail or "")
        return GatewayError(
            status=int(answer["status"]),
            code=str(body["code"]),
            message=str(body["message"]),
            details=body.get("details"),
            hint=body.get("hint"),
            headers={str(name): str(value) for name, value in answer["headers"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return GatewayError(
            status=500,
            code="PGRST121",
            message="Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error",
            details="MESSAGE must hold code and message, DETAIL must hold status and headers",
        )
