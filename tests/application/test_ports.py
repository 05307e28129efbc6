"""Roles of the outside world, as far as they decide anything themselves."""

from dataclasses import fields
from uuid import uuid4

import pytest

from application.ports import NotYet, Ports, PrintedLetter, snooze_until_reached
from tests.support.world import World


def test_a_job_waits_for_query_tables_that_lag() -> None:
    world = World()
    snooze_until_reached(world.reads, world.tenant_id, 7)
    world.reads.lagging = True
    with pytest.raises(NotYet) as later:
        snooze_until_reached(world.reads, uuid4(), 7)
    assert (later.value.seconds, str(later.value)) == (1.0, "not yet; again in 1 s")


def test_every_role_is_played_by_somebody() -> None:
    assert {field.name for field in fields(Ports)} == {
        "clock", "keys", "store", "reads", "printer", "post", "feeds", "links", "reports", "directory", "inbox",
        "sign_ins", "credentials", "new_id",
    }  # fmt: skip


def test_a_printed_letter_has_no_problems_unless_it_says_so() -> None:
    assert PrintedLetter(pdf=b"", sha256="", pages=1, engine={}).problems == ()
