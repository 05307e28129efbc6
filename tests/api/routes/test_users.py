"""People and machines of a tenant."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from api.idempotency import command_id, fingerprint
from api.routes import users
from application.kernel import Context
from application.users import NotePasswordChange
from domain.kernel import Caller, Role
from tests.support.api import PASSWORD, Served
from tests.support.cases_over_http import Firm, add_person, open_firm

NEW = "nine-grey-herons"


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "people")


def test_users_are_listed_and_read(firm: Firm) -> None:
    rows = firm.owner.got("/v1/users", limit=100)["items"]

    assert {row["role"] for row in rows} >= {"owner", "operator", "viewer", "auditor"}
    path = f"/v1/users/{firm.ids['viewer_id']}"
    assert firm.owner.got(path)["email"] == "viewer@people.example"


def test_an_address_signs_in_one_user(firm: Firm) -> None:
    body = {"email": "Owner@people.example", "name": "Twin", "role": "viewer", "password": PASSWORD}
    answer = firm.owner.send("POST", "/v1/users", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize("password", ["otters", "password1234", "abcdefghijklmn", "aaaaaaaaaaaaaaaa"])
def test_guessable_passwords_are_refused(firm: Firm, password: str) -> None:
    body = {"email": f"{uuid4().hex}@people.example", "name": "New", "role": "viewer", "password": password}
    answer = firm.owner.send("POST", "/v1/users", body)

    assert answer.status_code == 422
    assert password not in answer.text


def test_a_role_changes_and_a_closed_sign_in_ends_its_sessions(served: Served, firm: Firm) -> None:
    user_id = add_person(firm.owner, "leaver@people.example", "Leaver", "viewer")
    path = f"/v1/users/{user_id}"
    leaver = served.signed_in(firm.slug, "leaver@people.example")

    firm.owner.made("PUT", f"{path}/role", users.NewRole(role="operator").model_dump(), etag=firm.owner.etag(path))  # type: ignore[arg-type]
    assert firm.owner.got(path)["role"] == "operator"
    firm.owner.made("POST", f"{path}/disable", {"reason": "left"}, etag=firm.owner.etag(path))

    body = {"tenant": firm.slug, "email": "leaver@people.example", "password": PASSWORD}
    assert leaver.send("POST", "/v1/tasks/x/complete").status_code in (401, 422)
    closed = served.party().http.post("/v1/auth/sign-in", json=body)
    wrong = served.party().http.post("/v1/auth/sign-in", json={**body, "password": NEW})
    assert [answer.status_code for answer in (closed, wrong)] == [401, 401]
    assert closed.json()["detail"] == wrong.json()["detail"]
    refreshed = served.party().http.post("/v1/auth/refresh", json={"refresh_token": leaver.tokens["refresh_token"]})
    assert refreshed.status_code == 401


def test_who_has_lost_a_role_changes_nothing_with_the_token_it_is_written_in(served: Served, firm: Firm) -> None:
    user_id = add_person(firm.owner, "demoted@people.example", "Demoted", "owner")
    path = f"/v1/users/{user_id}"
    demoted = served.signed_in(firm.slug, "demoted@people.example")

    firm.owner.made("PUT", f"{path}/role", {"role": "viewer"}, etag=firm.owner.etag(path))

    key = demoted.send("POST", "/v1/api-keys", {"name": "back door", "role": "owner"})
    back = demoted.send("PUT", f"{path}/role", {"role": "owner"}, etag="*")
    assert (key.status_code, back.status_code) == (401, 401)
    again = served.signed_in(firm.slug, "demoted@people.example")
    assert again.got("/v1/auth/me")["role"] == "viewer"
    assert again.send("POST", "/v1/api-keys", {"name": "back door", "role": "owner"}).status_code == 403


def test_a_password_is_changed_by_its_user_who_knows_it_or_by_an_owner(served: Served, firm: Firm) -> None:
    user_id = add_person(firm.owner, "changer@people.example", "Changer", "viewer")
    changer = served.signed_in(firm.slug, "changer@people.example")
    path = f"/v1/users/{user_id}/password"

    wrong = changer.send("PUT", path, {"password": NEW, "present_password": "not-this-one"})
    stranger = firm.operator.send("PUT", path, {"password": NEW})
    right = changer.send("PUT", path, {"password": NEW, "present_password": PASSWORD})
    by_owner = firm.owner.send("PUT", path, {"password": PASSWORD})

    assert [wrong.status_code, stranger.status_code, right.status_code, by_owner.status_code] == [401, 403, 200, 200]
    assert changer.send("POST", "/v1/webhook-endpoints", {"provider": "lob"}).status_code == 401


def test_a_repeat_sets_the_password_that_a_crash_left_unset(served: Served, firm: Firm) -> None:
    user_id = add_person(firm.owner, "crashed@people.example", "Crashed", "viewer")
    thief = served.signed_in(firm.slug, "crashed@people.example")
    path, body, key = f"/v1/users/{user_id}/password", {"password": NEW, "present_password": None}, uuid4().hex
    me = firm.owner.got("/v1/auth/me")
    tenant_id, owner_id = UUID(me["tenant_id"]), UUID(me["actor_id"])
    route, secret = "/v1/users/{user_id}/password", served.settings.secret("fingerprints")
    asked = fingerprint(secret, "PUT", route, {"user_id": user_id}, body, tenant_id, owner_id)
    noted = Context(command_id=command_id(tenant_id, owner_id, key), fingerprint=asked)
    owner = Caller(tenant_id=tenant_id, actor_id=owner_id, role=Role.OWNER)
    served.sfdify.bus.handle(NotePasswordChange(user_id=UUID(user_id)), owner, noted)  # and there the process died

    def opens(password: str) -> bool:
        given = {"tenant": firm.slug, "email": "crashed@people.example", "password": password}
        return served.party().http.post("/v1/auth/sign-in", json=given).status_code == 200

    assert firm.owner.send("PUT", path, body, key=key).status_code == 200
    assert (opens(NEW), opens(PASSWORD)) == (True, False)
    assert thief.send("POST", "/v1/auth/refresh", {"refresh_token": thief.tokens["refresh_token"]}).status_code == 401

    firm.owner.made("PUT", path, {"password": "tall-winter-ferries"})
    assert firm.owner.send("PUT", path, body, key=key).headers["Idempotency-Replayed"] == "true"
    assert (opens("tall-winter-ferries"), opens(NEW)) == (True, False)


def test_a_stolen_token_does_not_help_to_guess_the_password_it_was_made_with(served: Served, firm: Firm) -> None:
    user_id = add_person(firm.owner, "guessed@people.example", "Guessed", "viewer")
    thief = served.signed_in(firm.slug, "guessed@people.example")
    path = f"/v1/users/{user_id}/password"

    guesses = [thief.send("PUT", path, {"password": NEW, "present_password": f"guess-{n}"}) for n in range(12)]
    right = thief.send("PUT", path, {"password": NEW, "present_password": PASSWORD})

    assert [answer.status_code for answer in guesses] == [401] * 10 + [429] * 2
    assert (right.status_code, right.json()["code"]) == (429, "rate_limited")
    assert int(right.headers["Retry-After"]) > 0
    assert firm.owner.send("PUT", path, {"password": NEW}).status_code == 200


def test_a_tenant_keeps_an_owner_who_can_sign_in(served: Served) -> None:
    firm = open_firm(served, "lastowner")
    path = f"/v1/users/{firm.ids['user_id']}"

    refused = [
        firm.owner.send("PUT", f"{path}/role", {"role": "viewer"}, etag=firm.owner.etag(path)),
        firm.owner.send("POST", f"{path}/disable", {"reason": "leaving"}, etag=firm.owner.etag(path)),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "last_owner")] * 2
    add_person(firm.owner, "second@lastowner.example", "Second", "owner")
    firm.owner.made("POST", f"{path}/disable", {"reason": "leaving"}, etag=firm.owner.etag(path))
    second = served.signed_in(firm.slug, "second@lastowner.example")
    assert second.got(path)["active"] is False


def test_keys_end_with_what_their_person_may_do(served: Served, firm: Firm) -> None:
    user_id = add_person(firm.owner, "keyholder@people.example", "Keyholder", "owner")
    path = f"/v1/users/{user_id}"
    holder = served.signed_in(firm.slug, "keyholder@people.example")
    made = {
        role: holder.made("POST", "/v1/api-keys", {"name": f"of {role}", "role": role})
        for role in ("owner", "operator", "viewer")
    }
    machines = {role: served.party(key["api_key"]) for role, key in made.items()}
    grown = machines["owner"].made("POST", "/v1/api-keys", {"name": "grown", "role": "viewer"})
    child = served.party(grown["api_key"])

    def answers() -> list[int]:
        return [party.http.get("/v1/auth/me").status_code for party in (*machines.values(), child)]

    assert answers() == [200] * 4
    assert {key["created_by"] for key in [*made.values(), grown]} == {user_id}
    firm.owner.made("PUT", f"{path}/role", {"role": "operator"}, etag=firm.owner.etag(path))
    assert answers() == [401, 200, 200, 200]
    firm.owner.made("POST", f"{path}/disable", {"reason": "left"}, etag=firm.owner.etag(path))
    assert answers() == [401] * 4
    ended = {key["key_id"]: key["revoked_at"] for key in firm.owner.got("/v1/api-keys")}
    assert all(ended[key["key_id"]] for key in [*made.values(), grown])


def test_only_owners_manage_people_and_machines(firm: Firm) -> None:
    person = {"email": "x@people.example", "name": "X", "role": "viewer", "password": PASSWORD}

    for role in ("operator", "viewer", "auditor"):
        party = firm.people[role]
        assert party.send("POST", "/v1/users", person).status_code == 403
        assert party.send("POST", "/v1/api-keys", {"name": "x", "role": "viewer"}).status_code == 403
        assert party.http.get("/v1/api-keys").status_code == 403
