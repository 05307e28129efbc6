"""OAuth 2 with a report provider: authorization code with PKCE, renewal, revocation (RFC 6749, 7636, 9207, 7009)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import quote_plus, urlencode

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from application.feeding import Callback, FeedBusy, FeedRefused, LinkRefused
from infrastructure.feed_links import Begun, Taken
from infrastructure.feed_tokens import Tokens
from infrastructure.vendors.smartcredit.calls import FAULTS, PAUSE, Calls, fault_name
from infrastructure.vendors.smartcredit.endpoints import Endpoints

LONGEST_CODE: Final = 4_000
_Token = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,8192}$")]


class _TokenAnswer(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: _Token = Field(repr=False)
    token_type: str = Field(pattern=r"^(?i:bearer)$")
    expires_in: float | None = Field(None, ge=1, le=315_360_000)
    refresh_token: _Token | None = Field(None, repr=False)
    scope: str | None = Field(None, max_length=2_000)
    id_token: str | None = Field(None, repr=False)


class _ErrorAnswer(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    error: str = Field(pattern=r"^[a-z_]{1,60}$")


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a code was exchanged for."""

    tokens: Tokens
    id_token: str | None = field(repr=False)


class OAuth:
    """One client at one authorization server. It signs in by basic authentication."""

    def __init__(self, endpoints: Endpoints, calls: Calls) -> None:
        self._endpoints, self._calls = endpoints, calls
        self._signed_in = {"Authorization": basic(endpoints.client_id, endpoints.client_secret)}

    def address(self, begun: Begun) -> str:
        """Where the consumer goes to allow it."""
        asked = {
            "response_type": "code",
            "client_id": self._endpoints.client_id,
            "redirect_uri": self._endpoints.redirect_uri,
            "scope": self._endpoints.scope,
            "state": begun.state,
            "code_challenge": challenge_of(begun.verifier),
            "code_challenge_method": "S256",
        }
        if self._endpoints.wants_identity:
            asked["nonce"] = begun.nonce
        url = self._endpoints.authorize_url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"

    def code_of(self, callback: Callback) -> str:
        """The code the consumer came back with. Raises LinkRefused when another provider sent it, or there is none."""
        if callback.iss is None and self._endpoints.sends_iss:
            raise LinkRefused("wrong_issuer", "the answer does not say which provider it is from")
        if callback.iss is not None and not hmac.compare_digest(
            callback.iss.encode("utf-8", "replace"), self._endpoints.issuer.encode()
        ):
            raise LinkRefused("wrong_issuer", "the answer is of another provider than was asked")
        if callback.error == "access_denied":
            raise LinkRefused("access_denied", "the consumer did not allow it")
        if callback.error is not None or not callback.code or len(callback.code) > LONGEST_CODE:
            raise LinkRefused("code_refused", "the provider sent the consumer back without a code")
        return callback.code

    def exchange(self, code: str, taken: Taken) -> Exchanged:
        """Tokens for a code, asked for once. When the answer is lost or unclear, nobody asks again: using a code twice
        kills the tokens that came of it."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": taken.redirect_uri,
            "code_verifier": taken.verifier,
        }
        try:
            answer = self._post(self._endpoints.token_url, form)
        except FAULTS as fault:
            raise LinkRefused("exchange_unknown", f"the exchange has no answer ({fault_name(fault)})") from None
        if answer.status_code == httpx.codes.OK:
            given = _read(answer)
            if given is None:
                raise LinkRefused("exchange_unknown", "the answer to the exchange cannot be read")
            return Exchanged(self._tokens(given), given.id_token)
        if _error(answer) == "invalid_grant":
            raise LinkRefused("code_refused", "the provider does not accept the code")
        if isinstance(problem := self._problem(answer), FeedBusy):
            raise LinkRefused("exchange_unknown", f"the exchange has no answer ({problem.reason})")
        raise problem

    def renew(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token. Raises LinkRefused (`token_refused`), FeedBusy, FeedRefused."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            answer = self._post(self._endpoints.token_url, form)
        except FAULTS as fault:
            raise FeedBusy(PAUSE, f"refresh_{fault_name(fault)}") from None
        if answer.status_code == httpx.codes.OK:
            given = _read(answer)
            if given is None:
                raise FeedBusy(PAUSE, "refresh_unreadable")
            return self._tokens(given, asked=())
        if _error(answer) == "invalid_grant":
            raise LinkRefused("token_refused", "the provider does not accept the link any more")
        raise self._problem(answer)

    def revoke(self, tokens: Tokens) -> None:
        """End what the tokens allow (RFC 7009): a token the provider does not know is as good as revoked.

        Raises FeedBusy, FeedRefused.
        """
        for hint, token in (("refresh_token", tokens.refresh), ("access_token", tokens.access)):
            if token is None:
                continue
            try:
                answer = self._post(self._endpoints.revoke_url, {"token": token, "token_type_hint": hint})
            except FAULTS as fault:
                raise FeedBusy(PAUSE, f"revoke_{fault_name(fault)}") from None
            if answer.status_code != httpx.codes.OK and _error(answer) != "unsupported_token_type":
                raise self._problem(answer)

    def _post(self, url: str, form: dict[str, str]) -> httpx.Response:
        return self._calls.send("POST", url, data=form, headers={**self._signed_in, "Accept": "application/json"})

    def _problem(self, answer: httpx.Response) -> FeedBusy | FeedRefused:
        if answer.status_code == httpx.codes.UNAUTHORIZED or _error(answer) in (
            "invalid_client",
            "unauthorized_client",
        ):
            return FeedRefused("client_refused", "the provider does not know us by the configured name and secret")
        return self._calls.problem(answer)

    def _tokens(self, given: _TokenAnswer, asked: tuple[str, ...] | None = None) -> Tokens:
        """Without a word about scopes, what was asked for is allowed (RFC 6749, 5.1)."""
        wanted = tuple(self._endpoints.scope.split()) if asked is None else asked
        scopes = tuple(given.scope.split()) if given.scope is not None else wanted
        lives = timedelta(seconds=given.expires_in) if given.expires_in is not None else None
        return Tokens(given.access_token, given.refresh_token, scopes, lives)


def basic(client_id: str, client_secret: str) -> str:
    """`client_secret_basic`: both parts form-urlencoded first (RFC 6749, 2.3.1)."""
    both = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return f"Basic {base64.b64encode(both.encode()).decode()}"


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _read(answer: httpx.Response) -> _TokenAnswer | None:
    try:
        return _TokenAnswer.model_validate_json(answer.content)
    except ValidationError:
        return None


def _error(answer: httpx.Response) -> str | None:
    if not 400 <= answer.status_code < 500:
        return None
    try:
        return _ErrorAnswer.model_validate_json(answer.content).error
    except ValidationError:
        return None
