from __future__ import annotations

from typing import ClassVar

from api.problem_kinds import kind_of, kind_of_status, kinds
from application.kernel import StaleVersion
from domain.kernel import DomainError


class Locked(DomainError):
    """The letter is being signed by somebody else."""

    code: ClassVar[str] = "locked_for_a_test"


def test_refusals_of_the_layers_below_are_in_the_catalogue_with_their_own_words() -> None:
    kind = kind_of("locked_for_a_test")
    assert kind is not None
    assert (kind.status, kind.title) == (409, "Locked for a test")
    assert kind.meaning == Locked.__doc__


def test_every_kind_says_what_it_means_and_what_to_do() -> None:
    assert len(kinds()) > 20
    for code, kind in kinds().items():
        assert code == kind.code
        assert 400 <= kind.status <= 599
        assert kind.meaning
        assert kind.remedy
        assert code.replace("_", "").replace("-", "").isalnum()


def test_a_bare_status_has_a_kind_of_its_own() -> None:
    assert kind_of_status(404).code == "not_found"
    assert kind_of_status(503).code == "unavailable"
    assert kind_of_status(418).title == "I'm a Teapot"
    assert kind_of_status(599).code == "http_599"
    assert kind_of_status(StaleVersion.status).code == StaleVersion.code


def test_an_unknown_code_is_unknown() -> None:
    assert kind_of("no_such_code") is None
