"""Errors in OpenAI's shape."""


class ApiError(Exception):
    """An error in OpenAI's shape."""

    def __init__(
        self, status: int, message: str, *, kind: str, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
        self.headers: dict[str, str] = {}


class BadRequestError(ApiError):
    """The body is wrong; `param` names the field."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(400, message, kind="invalid_request_error", param=param)
