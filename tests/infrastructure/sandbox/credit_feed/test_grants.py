"""Codes, tokens, and how they end. Time passes by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from infrastructure.sandbox.credit_feed.grants import ACCESS_LIVES, CODE_LIVES, Issued, challenge_of
from infrastructure.sandbox.credit_feed.problems import Refused
from tests.support.credit_feed_parts import VERIFIER, Opened, Parts


def exchanged(parts: Parts) -> Issued:
    code = parts.code(parts.furnish())
    return parts.grants.exchange("c", code, "http://back/", VERIFIER)


def refused(code: str) -> pytest.RaisesContext[Refused]:
    return pytest.raises(Refused, match=code)


def test_the_challenge_is_that_of_the_standards_example() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_code_runs_out(parts: Parts) -> None:
    code = parts.code(parts.furnish())
    parts.wait(seconds=CODE_LIVES.total_seconds() + 1)
    with refused("invalid_grant"):
        parts.grants.exchange("c", code, "http://back/", VERIFIER)


def test_an_access_token_runs_out_in_real_time_whatever_a_clock_shows(parts: Parts) -> None:
    issued = exchanged(parts)
    parts.clocks.move(datetime(2030, 1, 1, tzinfo=UTC), "c")
    assert parts.grants.opened(issued.access_token).family is issued.family
    parts.wait(seconds=ACCESS_LIVES.total_seconds())
    with refused("invalid_token"):
        parts.grants.opened(issued.access_token)
    assert parts.grants.refresh("c", issued.refresh_token, ()).access_token != issued.access_token


def test_an_older_access_token_works_until_it_runs_out(parts: Parts) -> None:
    issued = exchanged(parts)
    parts.grants.refresh("c", issued.refresh_token, ())
    assert parts.grants.opened(issued.access_token)


def test_a_reused_code_ends_the_family(parts: Parts) -> None:
    person = parts.furnish()
    code = parts.code(person)
    issued = parts.grants.exchange("c", code, "http://back/", VERIFIER)
    assert parts.grants.living("c", person.subject) == [issued.family]
    with refused("invalid_grant"):
        parts.grants.exchange("c", code, "http://back/", VERIFIER)
    assert parts.grants.living("c", person.subject) == []
    with refused("invalid_token"):
        parts.grants.opened(issued.access_token)


def test_a_consent_nobody_exchanged_links_nobody(parts: Parts) -> None:
    person = parts.furnish()
    parts.code(person)
    assert parts.grants.living("c", person.subject) == []


def test_two_links_of_a_person_end_apart(parts: Parts) -> None:
    person = parts.furnish()
    first, second = (parts.grants.exchange("c", parts.code(person), "http://back/", VERIFIER) for _ in range(2))
    parts.grants.revoke("c", first.refresh_token)
    assert parts.grants.living("c", person.subject) == [second.family]
    assert parts.grants.opened(second.access_token)


def test_after_a_restart_everything_is_as_it_was(opened: Opened) -> None:
    issued = exchanged(opened.parts)
    rotated = opened.parts.grants.refresh("c", issued.refresh_token, ("scores:read",))
    again = opened.again()
    assert again.grants.opened(rotated.access_token).scopes == ("scores:read",)
    with refused("invalid_grant"):
        again.grants.refresh("c", issued.refresh_token, ())
    with refused("invalid_token"):
        again.grants.opened(rotated.access_token)
    with refused("invalid_grant"):
        opened.again().grants.refresh("c", rotated.refresh_token, ())


def test_no_code_and_no_token_is_written_down(opened: Opened) -> None:
    issued = exchanged(opened.parts)
    written = (opened.home / "ledger.jsonl").read_text()
    assert issued.access_token not in written
    assert issued.refresh_token not in written
