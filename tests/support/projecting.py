"""Running a projector beside a test, and histories nobody would think of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

from hypothesis import strategies as st

from domain.kernel import Event
from infrastructure.projecting import Runner
from tests.support.ledger import Account, Ledger, account, owner

KINDS = (
    Account.Opened,
    Account.Deposited,
    Account.Deposited,
    Account.Sent,
    Account.Audited,
    Account.OwnerRenamed,
    Account.OwnerForgotten,
    Account.Closed,
    Account.Purged,
)

Happening = tuple[type[Event], int, int, int]

happenings: st.SearchStrategy[list[Happening]] = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 3), st.integers(0, 2), st.integers(0, 99)), max_size=40
)


def event_of(ledger: Ledger, happening: Happening) -> Event:
    """The ledger's next event of this kind, about this account, owner and sum."""
    kind, n, owner_n, cents = happening
    facts: dict[type[Event], dict[str, object]] = {
        Account.Opened: {"owner_id": owner(owner_n), "owner_name": f"Owner {owner_n}", "tags": (str(cents),)},
        Account.Deposited: {"owner_id": owner(owner_n), "cents": cents},
        Account.Sent: {"to": account((n + 1) % 4, ledger.tenant_id), "cents": cents},
        Account.OwnerRenamed: {"owner_id": owner(owner_n), "owner_name": f"Name {cents}"},
        Account.OwnerForgotten: {"owner_id": owner(owner_n)},
    }
    return ledger.event(kind, n, **facts.get(kind, {}))


@contextmanager
def running(*runners: Runner) -> Iterator[Sequence[Flag]]:
    """The runners at work in threads; each is stopped by its flag, all at the end."""
    stops = [Flag() for _ in runners]
    threads = [Thread(target=runner.run, args=(stop,)) for runner, stop in zip(runners, stops, strict=True)]
    for thread in threads:
        thread.start()
    try:
        yield stops
    finally:
        for stop in stops:
            stop.set()
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads)


def until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it came to hold in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.01)
    return holds()
