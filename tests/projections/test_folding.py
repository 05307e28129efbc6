from typing import Any
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.folding import Step, Sweep, fold
from projections.kernel import Amend, AmendWhere, Change, Plus, Put, Remove, RemoveWhere, Table

THINGS = Table("things", key={"id": "uuid"}, columns={"a": "int", "b": "int", "n": "int NOT NULL DEFAULT 0"})
OTHERS = Table("others", key={"id": "uuid"}, columns={"a": "int"})
TENANTS = [UUID(int=1), UUID(int=2)]
IDS = [uuid5(UUID(int=0), str(n)) for n in range(3)]

Key = tuple[Any, ...]


class Rows(dict[tuple[Table, Key], dict[str, Any]]):
    """Tables in memory, with the meaning of each change written out."""

    def one_by_one(self, tenant: UUID, change: Change) -> None:
        if isinstance(change, AmendWhere | RemoveWhere):
            self.sweep(tenant, change)
            return
        at = (change.table, (tenant, *change.key))
        if isinstance(change, Remove):
            self.pop(at, None)
        elif isinstance(change, Put) or at in self:
            self.write(at, change.values)

    def write(self, at: tuple[Table, Key], values: dict[str, Any]) -> None:
        row = self.setdefault(at, {name: 0 if name == "n" else None for name in at[0].columns})
        for name, value in values.items():
            row[name] = row[name] + value.n if isinstance(value, Plus) else value

    def sweep(self, tenant: UUID, change: AmendWhere | RemoveWhere) -> None:
        for at, row in list(self.items()):
            table, key = at
            if table is change.table and key[0] == tenant and change.where.items() <= row.items():
                if isinstance(change, RemoveWhere):
                    del self[at]
                else:
                    self.write(at, change.values)

    def step(self, step: Step) -> None:
        if isinstance(step, Sweep):
            self.sweep(step.tenant_id, step.change)
            return
        for table, fates in step.items():
            for key, fate in fates.items():
                at = (table, key)
                if fate.amended is not None and at in self:
                    self.write(at, fate.amended)
                if fate.removed:
                    self.pop(at, None)
                if fate.put is not None:
                    self.write(at, fate.put)


numbers = st.integers(0, 3)
values = st.fixed_dictionaries({}, optional={"a": numbers, "b": st.none() | numbers, "n": numbers | numbers.map(Plus)})
ids = st.sampled_from(IDS)
changes = st.one_of(
    st.builds(lambda i, v: Put(THINGS, (i,), v), ids, values),
    st.builds(lambda i, v: Amend(THINGS, (i,), v), ids, values),
    st.builds(lambda i: Remove(THINGS, (i,)), ids),
    st.builds(lambda i, a: Put(OTHERS, (i,), {"a": a}), ids, numbers),
    st.builds(lambda a, v: AmendWhere(THINGS, {"a": a}, v), numbers, values),
    st.builds(lambda a: RemoveWhere(THINGS, {"a": a}), numbers),
)
histories = st.lists(st.tuples(st.sampled_from(TENANTS), changes), max_size=40)


@settings(max_examples=300, deadline=None)
@given(before=histories, batch=histories)
def test_a_folded_batch_means_the_same_as_its_changes_one_by_one(
    before: list[tuple[UUID, Change]], batch: list[tuple[UUID, Change]]
) -> None:
    slow, folded = Rows(), Rows()
    for tenant, change in before:
        slow.one_by_one(tenant, change)
        folded.one_by_one(tenant, change)
    for tenant, change in batch:
        slow.one_by_one(tenant, change)
    for step in fold(batch):
        folded.step(step)
    assert folded == slow


def test_many_changes_of_one_row_are_one_write() -> None:
    tenant, row = TENANTS[0], IDS[0]
    steps = fold([(tenant, THINGS.put(row, a=1, n=Plus(1))), *[(tenant, THINGS.amend(row, n=Plus(1)))] * 9])
    (step,) = steps
    assert not isinstance(step, Sweep)
    assert step[THINGS][tenant, row].put == {"a": 1, "n": Plus(10)}


def test_nothing_folds_to_nothing() -> None:
    assert fold([]) == []
