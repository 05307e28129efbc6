"""What can go wrong at the sandbox print provider, and with its letters."""

from __future__ import annotations

from typing import Final

from infrastructure.sandbox.faults import FaultScript
from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.schedule import OUTCOMES

_REQUEST: Final = (
    "accept_then_timeout", "500_before", "500_after", "503", "429", "slow", "reset", "reset_after", "bad_body",
)  # fmt: skip


class Script(FaultScript):
    """The lines in force. `letter` stands for what the carrier does with a letter."""

    account_field = "api_key"

    def actions(self, on: str) -> tuple[str, ...]:
        """See `FaultScript`."""
        return tuple(OUTCOMES) if on == "letter" else _REQUEST

    def refuse(self, message: str) -> Refused:
        """See `FaultScript`."""
        return Refused("invalid", message)
