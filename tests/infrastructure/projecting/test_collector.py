"""The collector's pace is changed for a block only."""

import gc

import pytest

from infrastructure.projecting.collector import unhurried


def test_the_former_pace_comes_back_after_a_failure() -> None:
    before = gc.get_threshold()

    with unhurried():
        inside = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), unhurried():
        _ = 1 // 0

    assert inside[0] > before[0]
    assert gc.get_threshold() == before
