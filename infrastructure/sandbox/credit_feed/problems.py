"""Refusals, in the form OAuth gives them; the resources answer in the same form."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse


class Refused(Exception):
    """The request is answered with an error. `code` is OAuth's where OAuth has one."""

    def __init__(self, code: str, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status
        self.headers = dict(headers or {})

    @property
    def answer(self) -> JSONResponse:
        """The answer. It is never kept by a cache."""
        body = {"error": self.code, "error_description": self.message}
        return JSONResponse(body, self.status, {"Cache-Control": "no-store", **self.headers})


def unauthorized(code: str = "", message: str = "a token is needed") -> Refused:
    """401 as RFC 6750 writes it: a request without a token is told no reason."""
    challenge = f'Bearer realm="reports", error="{code}"' if code else 'Bearer realm="reports"'
    return Refused(code or "invalid_request", message, 401, {"WWW-Authenticate": challenge})


def out_of_scope(scope: str) -> Refused:
    """403 as RFC 6750 writes it."""
    challenge = f'Bearer realm="reports", error="insufficient_scope", scope="{scope}"'
    return Refused("insufficient_scope", f"the scope {scope} is needed", 403, {"WWW-Authenticate": challenge})
