"""What can go wrong at the sandbox report provider."""

from __future__ import annotations

from typing import Final

from domain.bureaus import Bureau
from infrastructure.sandbox.credit_feed.problems import Refused
from infrastructure.sandbox.faults import Fault, FaultScript

_REQUEST: Final = (
    "401", "403", "429", "500", "503", "slow", "reset", "reset_after", "timeout_before", "timeout_after", "truncated",
    "bad_body",
)  # fmt: skip
_OF_PATH: Final = {
    "POST /oauth/token": ("invalid_grant",),
    "POST /v1/reports": ("pending", "empty_bureau"),
    "GET /v1/reports/": ("lost_rows",),
}


class Script(FaultScript):
    """The lines in force. A grant is also called by its kind: `POST /oauth/token refresh_token`."""

    account_field = "client_id"

    def actions(self, on: str) -> tuple[str, ...]:
        """See `FaultScript`."""
        return (*_REQUEST, *next((words for path, words in _OF_PATH.items() if on.startswith(path)), ()))

    def refuse(self, message: str) -> Refused:
        """See `FaultScript`."""
        return Refused("invalid_request", message, 422)

    def check(self, fault: Fault) -> None:
        """See `FaultScript`. The bureau that is empty is named."""
        if fault.do == "empty_bureau":
            Bureau(fault.argument)
        else:
            super().check(fault)
