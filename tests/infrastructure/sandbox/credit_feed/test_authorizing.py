"""Consents under way: how long they wait, and how many."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infrastructure.sandbox.credit_feed import authorizing
from infrastructure.sandbox.credit_feed.authorizing import Asked, Authorizing, SentBack, TryAgain
from infrastructure.sandbox.credit_feed.problems import Refused
from tests.support.credit_feed_parts import Parts

ASKED = Asked("c", "http://back/", "state", ("reports:read",), "x" * 43)


def made(parts: Parts) -> Authorizing:
    parts.furnish()
    return Authorizing(parts.clients, parts.people, parts.grants, lambda: parts.real_now)


def test_a_form_waits_ten_minutes(parts: Parts) -> None:
    consents = made(parts)
    for minutes in (9, 11):
        ticket = consents.show(ASKED, "browser")
        parts.real_now += timedelta(minutes=minutes)
        if minutes < 10:
            assert consents.decide(ticket, "browser", "ann", "passcode", True)[0] == ASKED
        else:
            with pytest.raises(Refused):
                consents.decide(ticket, "browser", "ann", "passcode", True)


def test_a_denial_needs_no_sign_in_and_a_wrong_one_gets_another_form(parts: Parts) -> None:
    consents = made(parts)
    with pytest.raises(SentBack) as denied:
        consents.decide(consents.show(ASKED, "b"), "b", "", "", False)
    assert denied.value.error == "access_denied"
    with pytest.raises(TryAgain) as again:
        consents.decide(consents.show(ASKED, "b"), "b", "ann", "wrong", True)
    assert consents.decide(again.value.ticket, "b", "ann", "passcode", True)[1]


def test_there_are_only_so_many_at_once_and_old_ones_make_room(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorizing, "_MOST_OPEN", 2)
    consents = made(parts)
    for _ in range(2):
        consents.show(ASKED, "b")
    with pytest.raises(Refused) as refused:
        consents.show(ASKED, "b")
    assert refused.value.status == 503
    parts.wait(minutes=11)
    assert consents.show(ASKED, "b")


def test_the_way_back_keeps_the_addresss_own_query() -> None:
    assert ASKED.back("http://iss", code="c&d") == "http://back/?code=c%26d&state=state&iss=http%3A%2F%2Fiss"
    assert Asked("c", "http://back/?x=1").back("i", error="e") == "http://back/?x=1&error=e&iss=i"
