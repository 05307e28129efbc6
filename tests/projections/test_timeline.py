"""One row for each event of a case, in order, without anything sealed."""

from projections.timeline import FOLLOWED, TimelineProjection
from tests.support.histories import CONSUMER_ID, events, uid
from tests.support.stored import Stored


def test_every_event_of_the_case_is_there_once(seen: Stored) -> None:
    followed = {kind.__name__.lower() for kind in FOLLOWED} | {"credit_file"}
    expected = [e for e in events() if str(type(e).TOPIC).partition(".")[0] in followed]  # type: ignore[attr-defined]
    rows = seen.rows("timeline")
    assert len(rows) == len(expected)
    assert {(row["about_id"], row["about_version"]) for row in rows} == {
        (e.originator_id, e.originator_version) for e in expected
    }
    assert {row["actor_id"] for row in rows} == {"tester"}


def test_everything_in_a_case_says_whose_case_it_is(seen: Stored) -> None:
    about = {row["about_id"] for row in seen.rows("timeline")}
    cases = {row["about_id"]: row["consumer_id"] for row in seen.rows("timeline_cases")}
    assert about == set(cases)
    assert set(cases.values()) == {CONSUMER_ID, uid("forgotten consumer")}


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(TimelineProjection())
