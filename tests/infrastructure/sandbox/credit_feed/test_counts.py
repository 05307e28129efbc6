"""What was asked is counted, also over a restart."""

from __future__ import annotations

from pathlib import Path

from infrastructure.sandbox.credit_feed.counts import Counts
from infrastructure.sandbox.credit_feed.memory import Memory
from infrastructure.sandbox.ledger import Ledger


def test_successes_have_words_and_everything_is_listed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "files")
    counts = Counts(Memory(ledger))
    for what, status in (
        ("GET /v1/reports/{id}", 202),
        ("GET /v1/reports/{id}", 200),
        ("POST /oauth/token authorization_code", 200),
        ("POST /oauth/token refresh_token", 400),
        ("POST /oauth/token refresh_token", 200),
        ("POST /oauth/revoke", 200),
    ):
        counts.count("c", what, status)
    counts.count("d", "GET /v1/scores", 401)

    memory = Memory(ledger)
    again = Counts(memory)
    memory.replay()
    for one in (counts, again):
        told = one.of("c")
        assert [told[name] for name in ("fetches", "exchanges", "refreshes", "revocations")] == [1, 1, 1, 1]
        assert told["asked"]["GET /v1/reports/{id}"] == {"200": 1, "202": 1}
        assert one.of("nobody")["asked"] == {}
    ledger.close()
