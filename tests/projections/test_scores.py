"""Scores as they were shown, until the person is forgotten."""

from datetime import date, timedelta
from uuid import UUID

from domain.bureaus import Bureau
from domain.connections import Score
from projections.scores import ScoresProjection, score_id
from tests.support.access_histories import NOON
from tests.support.connection_histories import PROVIDER, active
from tests.support.histories import consumer
from tests.support.postgres import TestDatabase
from tests.support.stored import Stored, stored

SCORE = Score(bureau=Bureau.EXPERIAN, model="VantageScore 3.0", value=612, as_of=date(2026, 1, 5))


def test_scores_of_one_bureau_and_of_all_are_shown(seen: Stored) -> None:
    rows = {row["model"]: row for row in seen.rows("scores")}
    assert (rows["VantageScore 3.0"]["value"], rows["VantageScore 3.0"]["bureau"]) == (612, "experian")
    assert (rows["VantageScore 4.0"]["value"], rows["VantageScore 4.0"]["bureau"]) == (618, None)


def test_a_score_of_another_day_or_bureau_is_another_row() -> None:
    ids = {
        score_id(UUID(int=1), SCORE),
        score_id(UUID(int=1), SCORE.model_copy(update={"as_of": SCORE.as_of + timedelta(days=1)})),
        score_id(UUID(int=1), SCORE.model_copy(update={"bureau": None})),
        score_id(UUID(int=2), SCORE),
    }
    assert len(ids) == 4
    assert score_id(UUID(int=1), SCORE.model_copy(update={"value": 700})) == score_id(UUID(int=1), SCORE)


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(ScoresProjection())


def test_erasure_takes_the_rows_away(database: TestDatabase) -> None:
    person = consumer(erased=True)
    connection = active(PROVIDER, person.id)
    connection.note_scores((SCORE,), NOON)
    with stored(database, [connection]) as held:
        held.project()
        assert [row["value"] for row in held.rows("scores")] == [612]
        held.append(person)
        held.project()
        assert held.rows("scores") == []
