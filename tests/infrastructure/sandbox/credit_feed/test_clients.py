"""Who may ask, and how they prove who they are."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

import pytest

from infrastructure.sandbox.credit_feed.clients import Clients
from infrastructure.sandbox.credit_feed.problems import Refused
from tests.support.credit_feed_parts import Opened, Parts


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()


def test_a_client_signs_in_with_both_parts_encoded(parts: Parts) -> None:
    parts.clients.register("a b", "s:e+c r", ("http://back/",))
    assert parts.clients.signed_in(basic("a b", "s:e+c r")).client_id == "a b"


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!", "Basic w7w6w7w=", basic("c", "wrong"), basic("d", "secret"), "Bearer x"]
)
def test_whoever_does_not_prove_it_is_refused(parts: Parts, header: str) -> None:
    parts.clients.register("c", "secret", ("http://back/",))
    with pytest.raises(Refused) as refused:
        parts.clients.signed_in(header)
    assert (refused.value.code, refused.value.status) == ("invalid_client", 401)


def test_another_scheme_with_the_right_words_is_no_sign_in(parts: Parts) -> None:
    parts.clients.register("c", "secret", ("http://back/",))
    with pytest.raises(Refused):
        parts.clients.signed_in(basic("c", "secret").replace("Basic", "Digest"))


def test_the_same_again_changes_nothing_and_another_secret_replaces(opened: Opened) -> None:
    clients = opened.parts.clients
    for _ in range(2):
        clients.register("c", "secret", ("http://back/",))
    assert len(list(opened.ledger.entries())) == 1
    clients.register("c", "another", ("http://back/",))
    with pytest.raises(Refused):
        clients.signed_in(basic("c", "secret"))
    assert clients.signed_in(basic("c", "another"))


def test_clients_are_remembered_without_their_secrets(opened: Opened) -> None:
    opened.parts.clients.register("c", "secret-of-c", ("http://back/",))
    opened.parts.clients.listen("c", "http://hook/", "hook-secret")
    again: Clients = opened.again().clients
    client = again.known("c")
    assert (client.webhook_url, client.webhook_secret) == ("http://hook/", "hook-secret")
    assert again.signed_in(basic("c", "secret-of-c")) is client
    assert b"secret-of-c" not in (opened.home / "ledger.jsonl").read_bytes()


def test_nobody_unknown_is_known(parts: Parts) -> None:
    assert parts.clients.find("x") is None
    with pytest.raises(Refused) as refused:
        parts.clients.known("x")
    assert refused.value.status == 404
