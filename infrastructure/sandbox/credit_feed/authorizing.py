"""Asking a person whether a client may have their reports: reading the request, signing in, and the way back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final
from urllib.parse import urlencode, urlsplit

from infrastructure.sandbox.credit_feed.clients import Clients
from infrastructure.sandbox.credit_feed.grants import Consent, Grants
from infrastructure.sandbox.credit_feed.identity import SCOPES
from infrastructure.sandbox.credit_feed.people import People
from infrastructure.sandbox.credit_feed.problems import Refused

_LIVES: Final = timedelta(minutes=10)
_TRIES: Final = 5
_MOST_OPEN: Final = 10_000
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST: Final = 512


class SentBack(Exception):
    """The browser goes back to the client with an error, as RFC 6749, 4.1.2.1, has it."""

    def __init__(self, asked: Asked, error: str, message: str) -> None:
        super().__init__(error)
        self.asked, self.error, self.message = asked, error, message


class TryAgain(Exception):
    """Login and passcode do not fit; the person may try again with a new ticket."""

    def __init__(self, ticket: str, asked: Asked) -> None:
        super().__init__("wrong login or passcode")
        self.ticket, self.asked = ticket, asked


@dataclass(frozen=True, slots=True)
class Asked:
    """An authorization request whose client and way back are known to be right."""

    client_id: str
    redirect_uri: str
    state: str = ""
    scopes: tuple[str, ...] = ()
    challenge: str = ""
    nonce: str | None = None

    def back(self, issuer: str, **parameters: str) -> str:
        """The way back to the client, with what it is told, its state and who tells it (RFC 9207)."""
        told = parameters | ({"state": self.state} if self.state else {}) | {"iss": issuer}
        return f"{self.redirect_uri}{'&' if urlsplit(self.redirect_uri).query else '?'}{urlencode(told)}"


@dataclass(frozen=True, slots=True)
class _Ticket:
    asked: Asked
    browser: str
    until: datetime
    tries: int


class Authorizing:
    """Consents under way. A ticket is one showing of the form: it works once, in the browser it was shown in.

    Tickets are not kept over a restart: the person follows the client's link again.
    """

    def __init__(
        self,
        clients: Clients,
        people: People,
        grants: Grants,
        real_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clients, self._people, self._grants = clients, people, grants
        self._real_now = real_now
        self._tickets: dict[str, _Ticket] = {}

    def read(self, query: Sequence[tuple[str, str]]) -> Asked:
        """What is asked for. Raises Refused where nobody may be sent anywhere, and SentBack for any other fault."""
        given = dict(query)
        client = self._clients.find(given.get("client_id", ""))
        if client is None:
            raise Refused("invalid_client", "no client of this name is registered")
        if given.get("redirect_uri") not in client.redirect_uris or _count(query, "redirect_uri", "client_id") != 2:
            raise Refused("invalid_request", "this is no address the client is registered with")
        asked = Asked(client.client_id, given["redirect_uri"], given.get("state", "")[:_LONGEST])
        if len(given) != len(query):
            raise SentBack(asked, "invalid_request", "a parameter is given twice")
        if given.get("response_type") != "code":
            error = "unsupported_response_type" if given.get("response_type") else "invalid_request"
            raise SentBack(asked, error, "response_type must be code")
        if not 0 < len(given.get("state", "")) <= _LONGEST or len(given.get("nonce", "")) > _LONGEST:
            raise SentBack(asked, "invalid_request", "a state is needed, and no state or nonce of such length")
        challenge = given.get("code_challenge", "")
        if given.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
            raise SentBack(asked, "invalid_request", "a code_challenge with the method S256 is needed")
        scopes = tuple(dict.fromkeys(given.get("scope", "").split()))
        if not scopes or set(scopes) - set(SCOPES):
            raise SentBack(asked, "invalid_scope", f"scope is of {' '.join(SCOPES)}")
        return Asked(asked.client_id, asked.redirect_uri, given["state"], scopes, challenge, given.get("nonce"))

    def show(self, asked: Asked, browser: str, tries: int = 0) -> str:
        """A ticket for one showing of the form in this browser."""
        now, ticket = self._real_now(), secrets.token_urlsafe(32)
        for old in [name for name, kept in self._tickets.items() if kept.until < now]:
            del self._tickets[old]
        if len(self._tickets) >= _MOST_OPEN:
            raise Refused("temporarily_unavailable", "too many consents are under way", 503)
        self._tickets[ticket] = _Ticket(asked, _hash(browser), now + _LIVES, tries)
        return ticket

    def decide(self, ticket: str, browser: str, login: str, passcode: str, allows: bool) -> tuple[Asked, str]:
        """The person has decided: a code for the client. Raises SentBack when denied, TryAgain, or Refused."""
        kept = self._tickets.get(ticket)
        if kept is None or kept.until < self._real_now() or not compare_digest(kept.browser, _hash(browser)):
            raise Refused("invalid_request", "this form was used, is too old or of another browser", 403)
        del self._tickets[ticket]
        asked = kept.asked
        if not allows:
            raise SentBack(asked, "access_denied", "the person does not allow it")
        person = self._people.signed_in(asked.client_id, login, passcode)
        if person is None and kept.tries + 1 >= _TRIES:
            raise SentBack(asked, "access_denied", "the person could not sign in")
        if person is None:
            raise TryAgain(self.show(asked, browser, kept.tries + 1), asked)
        consent = Consent(
            asked.client_id, person.subject, asked.redirect_uri, asked.scopes, asked.challenge, asked.nonce
        )
        return asked, self._grants.allow(consent)


def _count(query: Sequence[tuple[str, str]], *names: str) -> int:
    return sum(name in names for name, _ in query)


def _hash(value: str) -> str:
    return sha256(value.encode()).hexdigest()
