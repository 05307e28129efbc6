from typing import Any

import psycopg

from infrastructure.projecting import Runner, lag, parked_events, status
from tests.support.ledger import BOTH, Account, AccountsProjection, Ledger, account, decode
from tests.support.postgres import TestDatabase
from tests.support.projecting import running, until


class Renewed(AccountsProjection):
    name = "accounts"
    version = 2


def test_each_projection_is_told_as_this_version_sees_it(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    assert [(one.state, one.built_version, one.lag) for one in status(projector, BOTH)] == [("missing", None, None)] * 2
    runner = Runner(database.projector_url, BOTH, decode)
    runner.drain()
    idle = [("idle", 1, True)] * 2
    assert until(lambda: [(x.state, x.built_version, x.is_usable) for x in status(projector, BOTH)] == idle)
    with running(runner):
        assert until(lambda: [one.state for one in status(projector, BOTH)] == ["live", "live"])
    (stale,) = status(projector, [Renewed()])
    assert (stale.state, stale.version, stale.built_version, stale.is_usable) == ("stale", 2, 1, False)


def test_what_is_parked_is_told_with_its_failure_and_without_its_words(
    ledger: Ledger, projector: psycopg.Connection[Any], database: TestDatabase
) -> None:
    ledger.append_each([ledger.opened(1), ledger.event(Account.Cursed, 1, words="secret"), ledger.deposited(1, 5)])
    Runner(database.projector_url, BOTH, decode).drain()
    found = parked_events(projector)
    assert [(one.name, one.originator_id, one.originator_version) for one in found] == [
        ("accounts", account(1), 2),
        ("accounts", account(1), 3),
    ]
    assert found[0].error.startswith("KeyError at ")
    assert found[1].error.startswith("behind a parked event")
    assert "secret" not in str(found)


def test_monitoring_may_ask_without_seeing_any_tenants_events(ledger: Ledger, database: TestDatabase) -> None:
    Runner(database.projector_url, BOTH, decode).drain()
    ledger.append_each([ledger.opened(1), ledger.opened(2)])
    with psycopg.connect(database.app_url, autocommit=True) as app:
        assert app.execute("SELECT count(*) FROM es.event").fetchone() == (0,)
        assert [(one.name, one.events, one.parked) for one in lag(app)] == [("accounts", 2, 0), ("owners", 2, 0)]
        assert all(0 < one.seconds < 60 for one in lag(app))
        assert [one.state for one in status(app, BOTH)] == ["idle", "idle"]
