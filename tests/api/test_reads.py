"""Rows and pages: current when asked to be, the same page twice, nobody's rows but one's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.positions import encode_position
from api.reads import Source
from api.sources import DISPUTES, TIMELINE
from tests.support.api import Party, Served, serving
from tests.support.cases_over_http import Firm, open_firm, profile
from tests.support.postgres import TestServer


@pytest.fixture(scope="module")
def unprojected(server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The API while no projector runs."""
    home = tmp_path_factory.mktemp("unprojected")
    with serving(server, template, home, projecting=False, working=False) as running:
        yield running


def test_a_source_selects_what_its_row_shows() -> None:
    source: Source[object] = DISPUTES  # type: ignore[assignment]

    assert source.projections == ("disputes",)
    assert '"dispute_id"' in source.select(("position",)).as_string()
    assert "timeline_cases" in TIMELINE.select().as_string()


def test_the_whole_timeline_is_the_cases_timelines_together(firms: tuple[Firm, Firm]) -> None:
    """It is read another way than one case's, which would look at every event before it shows the first."""
    owner = firms[0].owner
    people = {row["consumer_id"] for row in _all_of(owner, "/v1/consumers")}
    whole = _all_of(owner, "/v1/timeline")

    assert whole == sorted(whole, key=lambda row: (row["happened_at"], row["id"]), reverse=True)
    assert {row["consumer_id"] for row in whole} <= people
    for one in people:
        assert _all_of(owner, "/v1/timeline", consumer_id=one) == [r for r in whole if r["consumer_id"] == one]


def _all_of(client: Party, path: str, **params: str) -> list[dict[str, str]]:
    page = client.got(path, limit=100, **params)
    found: list[dict[str, str]] = page["items"]
    while page["has_more"]:
        page = client.got(path, limit=100, cursor=page["next_cursor"], **params)
        found += page["items"]
    return found


def test_a_read_that_cannot_be_current_says_so(unprojected: Served) -> None:
    firm = open_firm(unprojected, "lagging")
    answer = firm.owner.read("/v1/users")

    assert (answer.status_code, answer.json()["code"]) == (503, "projection-lagging")
    assert answer.headers["Retry-After"] == "1"
    assert firm.owner.http.get("/v1/users").json()["items"] == []


def test_a_position_is_taken_back_only_as_it_was_given(firms: tuple[Firm, Firm]) -> None:
    position = firms[0].owner.position
    assert position is not None

    for text in ("", "x", position.upper(), position[:-1] + ("a" if position[-1] != "a" else "b")):
        answer = firms[0].owner.http.get("/v1/disputes", headers={"Min-Event-Position": text})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_position"), text
    for known in (encode_position(0), position):
        assert firms[0].owner.http.get("/v1/disputes", headers={"Min-Event-Position": known}).status_code == 200


def test_a_client_that_has_the_row_is_told_only_that(firms: tuple[Firm, Firm]) -> None:
    owner = firms[0].owner
    path = f"/v1/disputes/{firms[0].cases[0].ids['dispute_id']}"
    tag = owner.etag(path)

    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = owner.http.get(path, headers={"If-None-Match": sent})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    assert owner.http.get(path, headers={"If-None-Match": '"v1.aaaaaaaaaaaaaaaa"'}).status_code == 200


def test_pages_show_each_row_once_while_others_come_in(served: Served) -> None:
    firm = open_firm(served, "paging")
    made = [firm.operator.made("POST", "/v1/consumers", profile())["consumer_id"] for _ in range(7)]
    seen: list[str] = []
    page = firm.operator.got("/v1/consumers", limit=2)
    while True:
        seen += [row["consumer_id"] for row in page["items"]]
        if not page["has_more"]:
            break
        firm.operator.made("POST", "/v1/consumers", profile())
        again = firm.operator.got("/v1/consumers", limit=2, cursor=page["next_cursor"])
        page = firm.operator.got("/v1/consumers", limit=2, cursor=page["next_cursor"])
        assert again["items"] == page["items"]

    assert len(seen) == len(set(seen))
    assert set(made) <= set(seen)


def test_a_cursor_belongs_to_its_list_and_filter(firms: tuple[Firm, Firm]) -> None:
    owner = firms[0].owner
    report_id = firms[0].cases[0].ids["report_id"]
    path = f"/v1/reports/{report_id}/tradelines"
    cursor = owner.got(path, limit=1)["next_cursor"]

    assert owner.http.get(path, params={"limit": 50, "cursor": cursor}).status_code == 200
    for other, params in ((path, {"bureau": "equifax"}), ("/v1/tradelines", {}), ("/v1/disputes", {})):
        answer = owner.http.get(other, params={"cursor": cursor, **params})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1e9", "9" * 30])
def test_a_page_has_one_to_a_hundred_rows(firms: tuple[Firm, Firm], limit: str) -> None:
    assert firms[0].owner.http.get("/v1/disputes", params={"limit": limit}).status_code == 422


def test_a_consumer_lists_only_their_own(firms: tuple[Firm, Firm]) -> None:
    firm = firms[0]
    first, second = firm.cases

    for path in ("/v1/consumers", "/v1/reports", "/v1/disputes", "/v1/letters", "/v1/mailings", "/v1/deadlines",
                 "/v1/notifications", "/v1/timeline", "/v1/tradelines"):  # fmt: skip
        mine = {row["consumer_id"] for row in first.consumer.got(path, limit=100)["items"]}
        everyones = {row["consumer_id"] for row in firm.owner.got(path, limit=100)["items"]}
        assert mine == {first.ids["consumer_id"]}, path
        assert second.ids["consumer_id"] in everyones or len(firm.owner.got(path, limit=100)["items"]) == 100
