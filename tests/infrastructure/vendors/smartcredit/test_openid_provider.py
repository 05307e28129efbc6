"""The client of report providers against an authorization server that nobody here wrote."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from psycopg_pool import ConnectionPool

from application.feeding import Callback, FeedRefused, LinkRefused
from infrastructure.feed_links import Taken
from infrastructure.feed_tokens import Tokens
from infrastructure.postgres import Connection
from infrastructure.vendors.smartcredit.identities import Identities
from infrastructure.vendors.smartcredit.oauth import OAuth
from tests.support.odd_provider import Client, start_of_time
from tests.support.openid import FOLDER, CannotInstall, OpenId, OutOfReach, install, open_id


@pytest.fixture(scope="module")
def openid() -> Iterator[OpenId]:
    with open_id() as running:
        yield running


@pytest.fixture
def client(pool: ConnectionPool[Connection], openid: OpenId) -> Iterator[Client]:
    made = Client(pool, openid.endpoints())
    yield made
    made.calls.close()


def refused(attempt: Callable[[], object]) -> str:
    with pytest.raises(LinkRefused) as refusal:
        attempt()
    return refusal.value.code


def link(client: Client, openid: OpenId) -> None:
    client.complete(**openid.allow(client.begin()[0]))


def with_a_dead_access_token(client: Client) -> Tokens:
    """Only the access token is dead: the next call has to renew it."""
    kept = client.kept
    tokens = Tokens("dead", kept.refresh, kept.scopes, timedelta(minutes=10))
    client.tokens.keep(client.party, tokens)
    return tokens


def test_a_consumer_signs_in_consents_and_is_linked(client: Client, openid: OpenId) -> None:
    back = openid.allow(client.begin()[0], login="ann")
    assert set(back) == {"code", "state", "iss"}
    made = client.complete(**back)
    assert (made.subject, set(made.scopes)) == ("ann", {"openid", "reports:read"})
    assert [score.value for score in client.feed.fetch_scores(client.party)] == [640]


def test_without_a_key_set_the_token_address_vouches(pool: ConnectionPool[Connection], openid: OpenId) -> None:
    client = Client(pool, openid.endpoints(jwks_url=None))
    assert client.complete(**openid.allow(client.begin()[0], login="bob")).subject == "bob"


def test_a_code_is_worth_nothing_without_its_verifier(client: Client, openid: OpenId) -> None:
    back = openid.allow(client.begin()[0])
    oauth = OAuth(client.endpoints, client.calls)
    stolen = Taken(nonce="n", verifier="w" * 64, redirect_uri=client.endpoints.redirect_uri)
    assert refused(lambda: oauth.exchange(back["code"], stolen)) == "code_refused"


def test_another_way_back_is_not_accepted(client: Client, openid: OpenId) -> None:
    back = openid.allow(client.begin()[0])
    party, state = client.party, back["state"]
    client.links.claim(party.tenant_id, client.user_id, state, start_of_time())
    taken = replace(client.links.take(party, state), redirect_uri="http://127.0.0.1:9/elsewhere")
    assert refused(lambda: OAuth(client.endpoints, client.calls).exchange(back["code"], taken)) == "code_refused"


def test_a_code_used_again_kills_the_tokens_that_came_of_it(client: Client, openid: OpenId) -> None:
    back = openid.allow(client.begin()[0])
    party, state, now = client.party, back["state"], start_of_time()
    client.links.claim(party.tenant_id, client.user_id, state, now)
    taken = client.links.take(party, state)
    oauth = OAuth(client.endpoints, client.calls)
    client.tokens.keep(party, oauth.exchange(back["code"], taken).tokens)
    assert client.feed.fetch_scores(party)
    assert refused(lambda: client.feed.complete_link(party, Callback(**back), now)) == "unknown_state"
    assert client.feed.fetch_scores(party)
    assert refused(lambda: oauth.exchange(back["code"], taken)) == "code_refused"
    assert refused(lambda: client.feed.fetch_scores(party)) == "token_refused"
    assert client.tokens.find(party) is None


def test_a_token_that_died_is_renewed_and_the_refresh_token_rotates(client: Client, openid: OpenId) -> None:
    link(client, openid)
    before = with_a_dead_access_token(client)
    assert client.feed.fetch_scores(client.party)
    assert client.kept.refresh != before.refresh
    assert set(client.kept.scopes) == {"openid", "reports:read"}
    with_a_dead_access_token(client)
    assert client.feed.fetch_scores(client.party)


def test_a_refresh_token_shown_again_ends_the_link(client: Client, openid: OpenId) -> None:
    link(client, openid)
    before = with_a_dead_access_token(client)
    assert client.feed.fetch_scores(client.party)
    newest = client.kept
    client.tokens.keep(client.party, before)
    assert refused(lambda: client.feed.fetch_scores(client.party)) == "token_refused"
    assert client.tokens.find(client.party) is None
    client.tokens.keep(client.party, Tokens(newest.access, newest.refresh, newest.scopes, None))
    assert refused(lambda: client.feed.fetch_scores(client.party)) == "token_refused"


def test_eight_at_once_renew_once(client: Client, openid: OpenId) -> None:
    link(client, openid)
    with_a_dead_access_token(client)
    before = openid.counts
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: client.feed.fetch_scores(client.party), range(8)))
    assert [len(scores) for scores in found] == [1] * 8
    after = openid.counts
    assert (after["token"] - before["token"], after["refused"] - before["refused"]) == (1, 0)


def test_unlinking_revokes_there(client: Client, openid: OpenId) -> None:
    link(client, openid)
    kept = client.kept
    client.feed.unlink(client.party)
    assert client.tokens.find(client.party) is None
    bearer = {"Authorization": f"Bearer {kept.access}"}
    assert httpx.get(f"{openid.issuer}/scores", headers=bearer, trust_env=False).status_code == 401
    assert kept.refresh is not None
    assert refused(lambda: OAuth(client.endpoints, client.calls).renew(kept.refresh or "")) == "token_refused"
    OAuth(client.endpoints, client.calls).revoke(Tokens(kept.access, kept.refresh, (), None))


def test_a_mixed_up_issuer_is_refused_before_anything_is_exchanged(client: Client, openid: OpenId) -> None:
    before = openid.counts
    back = openid.allow(client.begin()[0])
    assert refused(lambda: client.complete(**{**back, "iss": "https://attacker.example"})) == "wrong_issuer"
    unnamed = {name: value for name, value in openid.allow(client.begin()[0]).items() if name != "iss"}
    assert refused(lambda: client.complete(**unnamed)) == "wrong_issuer"
    assert openid.counts == before


@pytest.mark.parametrize("changed", [{"issuer": "http://127.0.0.1:1"}, {"client_id": "somebody"}])
def test_an_id_token_of_another_issuer_or_for_another_client_is_refused(
    client: Client, openid: OpenId, changed: dict[str, str]
) -> None:
    back = openid.allow(client.begin()[0])
    code, expected = back["code"], "wrong_issuer" if "issuer" in changed else "code_refused"
    oauth, party = OAuth(client.endpoints, client.calls), client.party
    client.links.claim(party.tenant_id, client.user_id, back["state"], start_of_time())
    taken = client.links.take(party, back["state"])
    id_token = oauth.exchange(code, taken).id_token
    assert id_token is not None
    other = Identities(openid.endpoints(**changed), client.calls)
    assert refused(lambda: other.subject(id_token, taken.nonce)) == expected
    assert Identities(client.endpoints, client.calls).subject(id_token, taken.nonce) == "ann"


def test_an_answer_to_another_sign_in_is_refused_and_its_tokens_are_revoked(client: Client, openid: OpenId) -> None:
    url, asked = client.begin()
    back = openid.allow(url.replace(asked["nonce"], "n" * 43))
    assert refused(lambda: client.complete(**back)) == "code_refused"
    assert client.tokens.find(client.party) is None


def test_a_wrong_secret_is_told_apart_from_a_wrong_code(pool: ConnectionPool[Connection], openid: OpenId) -> None:
    client = Client(pool, openid.endpoints(client_secret="another"))
    back = openid.allow(client.begin()[0])
    with pytest.raises(FeedRefused, match="client_refused"):
        client.complete(**back)


def test_the_packages_are_fixed_by_hash_and_by_no_place() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    installed = {name: package for name, package in lock["packages"].items() if name}
    assert installed
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert not any("resolved" in package for package in installed.values())
    assert not (FOLDER / "node_modules").exists()


@pytest.mark.parametrize(
    ("says", "kind"),
    [("npm error code ENOTFOUND", OutOfReach), ("npm error code EINTEGRITY", CannotInstall)],
)
def test_only_packages_out_of_reach_are_an_excuse(tmp_path: Path, says: str, kind: type[Exception]) -> None:
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    npm.chmod(stat.S_IRWXU)
    with pytest.raises(CannotInstall) as problem:
        install(tmp_path / "cache", str(npm))
    assert type(problem.value) is kind


def test_two_at_once_install_once(tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\necho once >> {tmp_path}/runs\nsleep 0.3\nmkdir node_modules\n")
    npm.chmod(stat.S_IRWXU)
    with ThreadPoolExecutor(2) as threads:
        made = set(threads.map(lambda _: install(tmp_path / "cache", str(npm)), range(2)))
    assert (tmp_path / "runs").read_text() == "once\n"
    (folder,) = made
    assert (folder / "node_modules").is_dir()
    shutil.rmtree(folder)
    npm.write_text("#!/bin/sh\nexec sleep 5\n")
    with pytest.raises(CannotInstall, match="within"):
        install(tmp_path / "cache", str(npm), seconds=0.2)
