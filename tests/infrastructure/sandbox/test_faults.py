"""What the scripts of both sandboxes share. What each knows of is in its own tests."""

from __future__ import annotations

import pytest

from infrastructure.sandbox.faults import ON_WEBHOOKS, Fault, FaultScript


class Plain(FaultScript):
    account_field = "who"

    def actions(self, on: str) -> tuple[str, ...]:
        return ("break",)

    def refuse(self, message: str) -> LookupError:
        return LookupError(message)


def test_a_fault_counts_every_match_and_strikes_when_its_turn_has_come() -> None:
    fault = Fault("GET /*", "break", nth=2)
    assert [fault.strikes("a", (path,)) for path in ("GET /x", "POST /x", "GET /y", "GET /z")] == [
        False, False, True, False,
    ]  # fmt: skip
    assert (fault.seen, fault.fired) == (3, 1)


def test_an_account_is_called_as_the_sandbox_calls_it() -> None:
    script = Plain()
    script.add([{"on": "x", "do": "break:3", "who": "a"}])
    assert script.strike("b", "x") is None
    fault = script.strike("a", "y", "x")
    assert fault is not None
    assert fault.number(1) == 3
    assert (script.shown[0]["who"], script.shown[0]["argument"]) == ("a", "3")


@pytest.mark.parametrize("do", ON_WEBHOOKS)
def test_the_same_goes_wrong_with_webhooks_everywhere(do: str) -> None:
    script = Plain()
    script.add([{"on": "webhook", "do": do}])
    assert script.strike("a", "webhook anything")


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"on": "x"},
        {"on": "x", "do": "fly"},
        {"on": "x", "do": "break:y"},
        {"on": "x", "do": "break", "api_key": "a"},
    ],
)
def test_a_line_that_means_nothing_is_refused_in_the_sandboxs_own_form(line: dict[str, str]) -> None:
    with pytest.raises(LookupError):
        Plain().add([line])
