"""Many changes to the same rows become one write to each, with the same result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from projections.kernel import Amend, AmendWhere, Change, Plus, Put, Remove, RemoveWhere, Table


@dataclass(slots=True)
class Fate:
    """What a batch does to one row: amend it as it was, then take it away, then put it."""

    amended: dict[str, Any] | None = None
    removed: bool = False
    put: dict[str, Any] | None = None

    def take(self, change: Put | Amend | Remove) -> None:
        """Let one more change follow those already taken."""
        if isinstance(change, Remove):
            self.amended, self.removed, self.put = None, True, None
        elif self.put is not None:
            _merge(self.put, change.values)
        elif isinstance(change, Put):
            self.put = dict(change.values)
        elif not self.removed:
            self.amended = self.amended or {}
            _merge(self.amended, change.values)


def _merge(values: dict[str, Any], later: Mapping[str, Any]) -> None:
    for name, value in later.items():
        if isinstance(value, Plus) and name in values:
            before = values[name]
            values[name] = Plus(before.n + value.n) if isinstance(before, Plus) else (before or 0) + value.n
        else:
            values[name] = value


Rows = dict[tuple[Any, ...], Fate]
"""The fates of one table's rows by primary key, the tenant first."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A change to all rows of one tenant that match; it stands between the batches before and after it."""

    tenant_id: UUID
    change: AmendWhere | RemoveWhere


Step = dict[Table, Rows] | Sweep


def fold(changes: Iterable[tuple[UUID, Change]]) -> list[Step]:
    """The fewest row writes with the same result as making the changes one by one."""
    steps: list[Step] = []
    batch: dict[Table, Rows] = {}
    for tenant_id, change in changes:
        if isinstance(change, AmendWhere | RemoveWhere):
            steps += [batch, Sweep(tenant_id, change)] if batch else [Sweep(tenant_id, change)]
            batch = {}
            continue
        rows = batch.setdefault(change.table, {})
        rows.setdefault((tenant_id, *change.key), Fate()).take(change)
    return [*steps, batch] if batch else steps
