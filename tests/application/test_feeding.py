from __future__ import annotations

from datetime import UTC, datetime

import pytest

from application.feeding import Callback, FeedBusy, FeedNews, FeedRefused, Link, LinkRefused, LinkStart, NewsKind

PARTS = {
    "state": Callback(state="s3cret", code="s3cret", iss="https://feed.example"),
    "link": Link(subject="s3cret", scopes=("reports:read",)),
    "start": LinkStart(
        url="https://feed.example/authorize?state=s3cret", expires_at=datetime(2026, 11, 27, tzinfo=UTC)
    ),
    "news": FeedNews(event_id="evt_1", kind=NewsKind.REPORT_UPDATED, subject="s3cret"),
}


@pytest.mark.parametrize("part", PARTS)
def test_what_opens_a_link_or_names_a_person_never_shows_in_a_repr(part: str) -> None:
    assert "s3cret" not in repr(PARTS[part])


def test_a_refusal_says_what_kind_it_is_and_a_passing_trouble_when_to_ask_again() -> None:
    assert str(LinkRefused("state_used", "this link was used already")) == "state_used: this link was used already"
    assert str(FeedRefused("scope_missing", "reports may not be read")) == "scope_missing: reports may not be read"
    assert str(FeedBusy(30, "outage")) == "outage: try again in 30 s"
