"""What a provider says, in our words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.bureaus import Bureau
from domain.connections import Alert, Score
from infrastructure.vendors.smartcredit.mapping import AlertsAnswer, OrderAnswer, ScoresAnswer, TradelinesAnswer


@pytest.mark.parametrize("order_id", ["", "../v1/x", "a/b", "a?b", ".a", "a" * 201, "é", 7])
def test_an_order_id_is_fit_for_an_address(order_id: Any) -> None:
    assert OrderAnswer.model_validate({"id": "ord_1-a.B~", "status": "ready", "as_of": "2026-01-05"}).id == "ord_1-a.B~"
    with pytest.raises(ValidationError):
        OrderAnswer.model_validate({"id": order_id, "status": "ready"})


def test_tradelines_are_counted_at_every_bureau() -> None:
    rows = [{"bureau": name, "ref": "t"} for name in ("equifax", "EQUIFAX", "transunion", "innovis")] + [{"ref": "t"}]
    counted = TradelinesAnswer.model_validate({"tradelines": rows}).counted()
    assert counted == {Bureau.EQUIFAX: 2, Bureau.EXPERIAN: 0, Bureau.TRANSUNION: 1}


def test_scores_and_alerts_keep_what_we_know() -> None:
    score = {"bureau": "experian", "model": "V3", "value": 640, "as_of": "2026-01-05", "range": [300, 850]}
    assert ScoresAnswer.model_validate({"scores": [score]}).said() == (
        Score(bureau=Bureau.EXPERIAN, model="V3", value=640, as_of=date(2026, 1, 5)),
    )
    alert = {"id": "a1", "bureau": "innovis", "kind": "new_inquiry", "occurred_on": "2026-01-05", "text": "x" * 3000}
    found = AlertsAnswer.model_validate({"alerts": [alert], "next": "17"}).said()
    assert found.cursor == "17"
    assert found.alerts == (
        Alert(alert_id="a1", bureau=None, kind="new_inquiry", occurred_on=date(2026, 1, 5), text="x" * 2000),
    )


@pytest.mark.parametrize("value", [-1, 1001, "hidden", None])
def test_a_score_that_is_none_is_refused_without_being_quoted(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        ScoresAnswer.model_validate({"scores": [{"model": "V3", "value": value, "as_of": "2026-01-05"}]})
    assert "hidden" not in str(refused.value)


def test_a_character_that_no_database_takes_is_left_out() -> None:
    alert = {"id": "a1", "kind": "new\0inquiry", "occurred_on": "2026-01-05", "text": "\0a\0b"}
    (found,) = AlertsAnswer.model_validate({"alerts": [alert], "next": "1"}).said().alerts
    assert (found.kind, found.text) == ("newinquiry", "ab")
    score = {"model": "V\0003", "value": 640, "as_of": "2026-01-05"}
    assert ScoresAnswer.model_validate({"scores": [score]}).said()[0].model == "V3"
