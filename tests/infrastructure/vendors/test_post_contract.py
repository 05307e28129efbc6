"""The behaviour every `Post` has: the one in memory and the real adapter against a provider over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from application.posting import (
    Accepted,
    Cancelled,
    Deliverability,
    OutcomeUnknown,
    Post,
    PostBusy,
    PostRejected,
    TooLate,
)
from infrastructure.sandbox.print_provider import Settings, running
from infrastructure.vendors.lob import LobPost
from tests.support.posting import PDF, FakePost, bureau, letter_pdf, party, piece


class World(Protocol):
    """A post and the hand of fate."""

    post: Post

    def befall(self, misfortune: str) -> None: ...

    def close_the_window(self) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self.fake = FakePost()
        self.post: Post = self.fake

    def befall(self, misfortune: str) -> None:
        self.fake.misfortunes.append(misfortune)

    def close_the_window(self) -> None:
        self.fake.cancellable = False


@dataclass
class OverHttp:
    post: Post
    base_url: str

    def befall(self, misfortune: str) -> None:
        fault = {"on": "POST /v1/letters", "do": misfortune, "nth": 1}
        httpx.post(f"{self.base_url}/sandbox/faults", json=[fault]).raise_for_status()

    def close_the_window(self) -> None:
        body = {"now": "2027-01-01T00:00:00Z"}
        httpx.post(f"{self.base_url}/sandbox/clock", json=body).raise_for_status()


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("provider")
    with running(Settings(home=home, requests_per_window=10_000)) as server:
        yield server.base_url


@pytest.fixture(params=["in memory", "over http"])
def world(request: pytest.FixtureRequest, provider: str) -> Iterator[World]:
    if request.param == "in memory":
        yield InMemory()
        return
    post = LobPost(f"test_{abs(hash(request.node.name))}", f"{provider}/v1", total_seconds=1.5)
    yield OverHttp(post, provider)
    httpx.delete(f"{provider}/sandbox/faults").raise_for_status()
    post.close()


def test_an_accepted_piece_can_be_found_and_looked_at(world: World) -> None:
    accepted = world.post.submit(piece(), PDF)

    assert world.post.find("mailing-1") == [accepted]
    status = world.post.get(accepted.provider_id)
    assert (status.provider_id, status.deleted, status.failed) == (accepted.provider_id, False, False)


def test_the_same_key_posts_once(world: World) -> None:
    first, again = world.post.submit(piece(), PDF), world.post.submit(piece(), PDF)

    assert first.provider_id == again.provider_id
    assert len(world.post.find("mailing-1")) == 1


def test_another_key_posts_again_and_both_are_found_oldest_first(world: World) -> None:
    pieces = [piece(idempotency_key=key) for key in ("k1", "k2")]
    accepted = [world.post.submit(one, PDF) for one in pieces]

    assert [one.provider_id for one in world.post.find("mailing-1")] == [one.provider_id for one in accepted]


def test_a_mailing_never_posted_is_not_found(world: World) -> None:
    world.post.submit(piece("mailing-2"), PDF)

    assert world.post.find("mailing-1") == []


def test_a_key_that_belongs_to_another_mailing_is_noticed(world: World) -> None:
    world.post.submit(piece("mailing-2", idempotency_key="shared"), PDF)

    with pytest.raises(OutcomeUnknown):
        world.post.submit(piece("mailing-1", idempotency_key="shared"), PDF)
    assert world.post.find("mailing-1") == []


@pytest.mark.parametrize("misfortune", ["accept_then_timeout", "500_after"])
def test_a_piece_taken_without_an_answer_exists_once_and_the_same_key_finds_it(world: World, misfortune: str) -> None:
    world.befall(misfortune)
    with pytest.raises(OutcomeUnknown):
        world.post.submit(piece(), PDF)

    found = world.post.find("mailing-1")
    again = world.post.submit(piece(), PDF)
    assert [one.provider_id for one in found] == [again.provider_id]
    assert len(world.post.find("mailing-1")) == 1


@pytest.mark.parametrize("misfortune", ["500_before", "reset"])
def test_a_piece_lost_on_the_way_is_unknown_too_and_is_not_found(world: World, misfortune: str) -> None:
    world.befall(misfortune)
    with pytest.raises(OutcomeUnknown):
        world.post.submit(piece(), PDF)

    assert world.post.find("mailing-1") == []
    assert isinstance(world.post.submit(piece(), PDF), Accepted)


def test_a_busy_provider_took_nothing_and_says_when_to_come_back(world: World) -> None:
    world.befall("429")
    with pytest.raises(PostBusy) as busy:
        world.post.submit(piece(), PDF)

    assert 0 < busy.value.retry_after_seconds <= 300
    assert world.post.find("mailing-1") == []


def test_an_undeliverable_address_is_rejected_as_an_address(world: World) -> None:
    with pytest.raises(PostRejected) as refusal:
        world.post.submit(piece(to=bureau(line1="undeliverable no match")), PDF)

    assert (refusal.value.code, refusal.value.kind) == ("failed_deliverability_strictness", "address")
    assert world.post.find("mailing-1") == []


def test_what_is_no_pdf_is_rejected_as_a_letter(world: World) -> None:
    text = b"Dear bureau"
    with pytest.raises(PostRejected) as refusal:
        world.post.submit(piece(pdf=text), text)

    assert (refusal.value.code, refusal.value.kind) == ("invalid_file", "letter")


def test_bytes_that_were_not_approved_never_leave(world: World) -> None:
    with pytest.raises(PostRejected) as refusal:
        world.post.submit(piece(), letter_pdf(pages=2))

    assert refusal.value.code == "letter_bytes_differ"
    assert world.post.find("mailing-1") == []


def test_a_cancelled_piece_is_no_longer_found_and_cancelling_twice_is_one_cancellation(world: World) -> None:
    accepted = world.post.submit(piece(), PDF)

    assert isinstance(world.post.cancel(accepted.provider_id), Cancelled)
    assert isinstance(world.post.cancel(accepted.provider_id), Cancelled)
    assert world.post.find("mailing-1") == []
    assert world.post.get(accepted.provider_id).deleted


def test_an_unknown_piece_is_a_rejection(world: World) -> None:
    for ask in (world.post.get, world.post.cancel):
        with pytest.raises(PostRejected) as refusal:
            ask("ltr_none")
        assert refusal.value.code == "not_found"


def test_an_address_is_verified_in_the_postal_services_words(world: World) -> None:
    good, bad = world.post.verify(party()), world.post.verify(party(line1="undeliverable no match"))

    assert (good.deliverability, good.valid_address) == (Deliverability.DELIVERABLE, True)
    assert (good.primary_line, good.components["state"]) == ("12 MAIN ST", "TX")
    assert (bad.deliverability, bad.valid_address) == (Deliverability.UNDELIVERABLE, False)


def test_after_the_window_it_is_too_late_to_cancel(world: World) -> None:
    accepted = world.post.submit(piece(), PDF)
    world.close_the_window()

    assert isinstance(world.post.cancel(accepted.provider_id), TooLate)
    assert [one.provider_id for one in world.post.find("mailing-1")] == [accepted.provider_id]
