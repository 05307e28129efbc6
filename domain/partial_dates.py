"""Dates as reports print them: some know only their year, some their month."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Self

from pydantic import Field, model_validator

from domain.kernel import Value


class PartialDate(Value):
    """A date known to the year, the month or the day, as the source printed it."""

    year: int = Field(ge=1800, le=2200)
    month: int | None = Field(default=None, ge=1, le=12)
    day: int | None = Field(default=None, ge=1, le=31)

    @model_validator(mode="after")
    def _is_a_real_date(self) -> Self:
        if self.day is not None:
            if self.month is None:
                raise ValueError("a day needs its month")
            date(self.year, self.month, self.day)
        return self

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """The date known to the day."""
        return cls(year=day.year, month=day.month, day=day.day)

    @property
    def earliest(self) -> date:
        """The first day it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day it can be."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def month_key(self) -> str | None:
        """`YYYY-MM`, or None when only the year is known."""
        return None if self.month is None else f"{self.year:04d}-{self.month:02d}"

    def days_apart(self, other: PartialDate) -> int:
        """The least number of days that can lie between the two; 0 when they may be the same day."""
        return max(0, (other.earliest - self.latest).days, (self.earliest - other.latest).days)

    def __str__(self) -> str:
        parts = [f"{self.year:04d}", *(f"{part:02d}" for part in (self.month, self.day) if part is not None)]
        return "-".join(parts)
