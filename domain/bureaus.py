"""The three nationwide consumer reporting agencies."""

from __future__ import annotations

from enum import StrEnum


class Bureau(StrEnum):
    """A nationwide consumer reporting agency, by the name used in every API and event."""

    EQUIFAX = "equifax"
    EXPERIAN = "experian"
    TRANSUNION = "transunion"

    @property
    def display_name(self) -> str:
        """The name as the agency writes it."""
        return {"equifax": "Equifax", "experian": "Experian", "transunion": "TransUnion"}[self.value]
