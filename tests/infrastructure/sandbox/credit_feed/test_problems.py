"""Refusals in OAuth's form."""

from __future__ import annotations

import json

from infrastructure.sandbox.credit_feed.problems import Refused, out_of_scope, unauthorized


def test_a_refusal_says_its_code_and_is_never_cached() -> None:
    answer = Refused("invalid_grant", "no", headers={"X-More": "1"}).answer
    assert (answer.status_code, json.loads(bytes(answer.body))) == (
        400,
        {"error": "invalid_grant", "error_description": "no"},
    )
    assert (answer.headers["cache-control"], answer.headers["x-more"]) == ("no-store", "1")


def test_a_request_without_a_token_is_told_no_reason() -> None:
    assert unauthorized().headers["WWW-Authenticate"] == 'Bearer realm="reports"'
    assert unauthorized("invalid_token").headers["WWW-Authenticate"].endswith('error="invalid_token"')


def test_a_missing_scope_is_named() -> None:
    refused = out_of_scope("alerts:read")
    assert refused.status == 403
    assert 'scope="alerts:read"' in refused.headers["WWW-Authenticate"]
