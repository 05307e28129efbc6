"""Refusals in Lob's own form."""

from __future__ import annotations

from typing import Any, Final

_STATUS: Final = {
    "invalid_api_key": 401, "unauthorized": 401, "publishable_key_not_allowed": 403, "not_found": 404,
    "unrecognized_endpoint": 404, "rate_limit_exceeded": 429, "internal_server_error": 500,
    "service_unavailable": 503, "conflict": 409,
}  # fmt: skip


class Refused(Exception):
    """The request is answered with an error. `code` is one of Lob's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.status = _STATUS.get(code, 422)
        self.message = message

    @property
    def body(self) -> dict[str, Any]:
        """The answer's body."""
        return {"error": {"code": self.code, "message": self.message, "status_code": self.status}}
