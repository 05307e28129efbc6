"""What people allowed clients: codes that work once, access tokens, and refresh tokens that rotate.

All that came of one consent is a family. Whoever uses a code or a refresh token a second time ends the family
(RFC 9700, 4.14.2). Codes and tokens run out in real time, not on a clock set by hand: they guard an exchange over
the network, which a clock moved by a month must not end. Only their hashes are kept.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final

from infrastructure.sandbox.credit_feed.clocks import Clocks
from infrastructure.sandbox.credit_feed.memory import Memory
from infrastructure.sandbox.credit_feed.problems import Refused, unauthorized

CODE_LIVES: Final = timedelta(seconds=60)
ACCESS_LIVES: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Consent:
    """What one person allowed one client, and what the client must show to use the code."""

    client_id: str
    subject: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    nonce: str | None


@dataclass
class Family:
    """A consent and all that came of it. `linked_at`: when its code was exchanged, on the person's clock."""

    id: str
    consent: Consent
    code_until: datetime
    linked_at: datetime | None = None
    ended: bool = False
    refresh_hash: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token opens."""

    family: Family
    scopes: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """New tokens, which are told once and never again."""

    family: Family
    access_token: str
    refresh_token: str
    scopes: tuple[str, ...]


class Grants:
    """Every consent, code and token. `real_now` is real time."""

    def __init__(
        self, memory: Memory, clocks: Clocks, real_now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._memory, self._clocks = memory, clocks
        self._real_now = real_now
        self._codes: dict[str, Family] = {}
        self._refreshes: dict[str, Family] = {}
        self._accesses: dict[str, Access] = {}
        self._families: dict[str, Family] = {}
        memory.keeps("consent", self._allowed)
        memory.keeps("tokens", self._issued)
        memory.keeps("ended", self._ended)

    def allow(self, consent: Consent) -> str:
        """A person allows it: a code for the client."""
        code = secrets.token_urlsafe(32)
        self._memory.record(
            "consent",
            family=f"fam_{secrets.token_hex(12)}",
            code=_hash(code),
            until=(self._real_now() + CODE_LIVES).isoformat(),
            **{name: getattr(consent, name) for name in Consent.__slots__},
        )
        return code

    def exchange(self, client_id: str, code: str, redirect_uri: str, verifier: str) -> Issued:
        """Tokens for a code. A code that its client has shown is used up either way."""
        family = self._codes.get(_hash(code))
        if family is None or family.consent.client_id != client_id:
            raise Refused("invalid_grant", "the code is not known")
        if family.linked_at is not None or family.ended:
            self.end(family)
            raise Refused("invalid_grant", "the code was used before; every token that came of it is dead")
        wanted = family.consent
        is_right = compare_digest(challenge_of(verifier), wanted.challenge) and wanted.redirect_uri == redirect_uri
        if not is_right or self._real_now() > family.code_until:
            self.end(family)
            raise Refused("invalid_grant", "the code has run out, or verifier or redirect_uri are not those it is for")
        return self._issue(family, wanted.scopes)

    def refresh(self, client_id: str, token: str, scopes: tuple[str, ...]) -> Issued:
        """New tokens for a refresh token, which is dead then. `scopes`: fewer than were allowed, or none for all."""
        family = self._refreshes.get(_hash(token))
        if family is None or family.consent.client_id != client_id or family.ended:
            raise Refused("invalid_grant", "the refresh token is not known, or was revoked")
        if not compare_digest(family.refresh_hash, _hash(token)):
            self.end(family)
            raise Refused("invalid_grant", "the refresh token was used before; the whole family is dead")
        if not set(scopes) <= set(family.consent.scopes):
            raise Refused("invalid_scope", "more is asked for than was allowed")
        return self._issue(family, scopes or family.consent.scopes)

    def revoke(self, client_id: str, token: str) -> None:
        """RFC 7009: a refresh token ends its family, an access token itself. Strangers' tokens change nothing."""
        family, access = self._refreshes.get(_hash(token)), self._accesses.get(_hash(token))
        if family is not None and family.consent.client_id == client_id:
            self.end(family)
        elif access is not None and access.family.consent.client_id == client_id:
            self._memory.record("ended", family=access.family.id, access=_hash(token))

    def opened(self, token: str) -> Access:
        """What this access token opens."""
        access = self._accesses.get(_hash(token))
        if access is None or access.family.ended or self._real_now() >= access.until:
            raise unauthorized("invalid_token", "the token is not known, has run out or was revoked")
        return access

    def end(self, family: Family) -> None:
        """Nothing of this family works any more."""
        if not family.ended:
            self._memory.record("ended", family=family.id, access=None)

    def living(self, client_id: str, subject: str) -> list[Family]:
        """What a person allows a client at present, codes that nobody exchanged left out."""
        return [
            family
            for family in self._families.values()
            if (family.consent.client_id, family.consent.subject) == (client_id, subject)
            if family.linked_at is not None and not family.ended
        ]

    def _issue(self, family: Family, scopes: tuple[str, ...]) -> Issued:
        at = self._clocks.now(family.consent.client_id, family.consent.subject)
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._memory.record(
            "tokens",
            family=family.id,
            at=at.isoformat(),
            access=_hash(access),
            refresh=_hash(refresh),
            scopes=list(scopes),
            until=(self._real_now() + ACCESS_LIVES).isoformat(),
        )
        return Issued(family, access, refresh, scopes)

    def _allowed(self, entry: dict[str, Any]) -> None:
        given = {name: entry[name] for name in Consent.__slots__} | {"scopes": tuple(entry["scopes"])}
        family = Family(entry["family"], Consent(**given), datetime.fromisoformat(entry["until"]))
        self._families[family.id] = self._codes[entry["code"]] = family

    def _issued(self, entry: dict[str, Any]) -> None:
        family = self._families[entry["family"]]
        family.linked_at = family.linked_at or datetime.fromisoformat(entry["at"])
        family.refresh_hash = entry["refresh"]
        self._refreshes[entry["refresh"]] = family
        until = datetime.fromisoformat(entry["until"])
        self._accesses[entry["access"]] = Access(family, tuple(entry["scopes"]), until)

    def _ended(self, entry: dict[str, Any]) -> None:
        if entry["access"]:
            self._accesses.pop(entry["access"], None)
        else:
            self._families[entry["family"]].ended = True


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
