"""The people who have reports here, and the pulls of each: one comes into force after the other."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from hashlib import scrypt, sha256
from typing import Any, Final

from infrastructure.sandbox.credit_feed.memory import Memory

_COST: Final = {"n": 2**12, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True)
class Pull:
    """A report as it stands from one instant on. `digest` tells its content from any other."""

    since: datetime
    media_type: str
    content: bytes
    digest: str

    @classmethod
    def made(cls, since: datetime, media_type: str, content: bytes) -> Pull:
        """A pull of this content."""
        return cls(since.astimezone(UTC), media_type, content, sha256(content).hexdigest())


@dataclass
class Person:
    """One person with a login at this provider, known to one client. `seed`: whose pulls are invented."""

    client_id: str
    login: str
    subject: str
    salt: str
    passcode_hash: str
    seed: int | None
    given: tuple[tuple[str, str, str], ...]


class People:
    """Every person, by client."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._people: dict[tuple[str, str], Person] = {}
        self._content = lru_cache(maxsize=64)(memory.ledger.kept)
        memory.keeps("person", self._made)

    def register(
        self,
        client_id: str,
        login: str,
        passcode: str,
        subject: str | None = None,
        seed: int | None = None,
        pulls: Sequence[Pull] = (),
    ) -> Person:
        """Make a person, or give one another passcode and other pulls; the subject stays unless another is given."""
        known = self.find(client_id, login)
        kept = [(pull.since.isoformat(), pull.media_type, pull.digest) for pull in pulls]
        for pull in pulls:
            self._memory.ledger.keep(pull.digest, pull.content)
        salt = secrets.token_hex(16)
        self._memory.record(
            "person",
            client_id=client_id,
            login=login,
            subject=subject or (known.subject if known else f"sub_{secrets.token_hex(12)}"),
            salt=salt,
            passcode_hash=_hash(passcode, salt),
            seed=seed,
            pulls=kept,
        )
        return self._people[client_id, login]

    def find(self, client_id: str, login: str) -> Person | None:
        """The person of this login."""
        return self._people.get((client_id, login))

    def named(self, client_id: str, subject: str) -> Person | None:
        """The person whom this subject names to this client."""
        return next((person for person in self.of(client_id) if person.subject == subject), None)

    def of(self, client_id: str) -> Iterator[Person]:
        """Everybody known to a client."""
        return (person for person in tuple(self._people.values()) if person.client_id == client_id)

    def signed_in(self, client_id: str, login: str, passcode: str) -> Person | None:
        """The person who knows this passcode. Whether a login exists takes as long to refuse as a wrong passcode."""
        person = self.find(client_id, login)
        given = _hash(passcode, person.salt if person else "00" * 16)
        is_right = hmac.compare_digest(given, person.passcode_hash if person else "")
        return person if is_right else None

    def pulls(self, person: Person) -> tuple[Pull, ...]:
        """The person's pulls, oldest first."""
        if person.seed is not None:
            return _invented(person.seed)
        return tuple(
            Pull(datetime.fromisoformat(since), media_type, self._content(digest), digest)
            for since, media_type, digest in person.given
        )

    def in_force(self, person: Person, now: datetime) -> Pull | None:
        """The pull in force; None before the first."""
        return next((pull for pull in reversed(self.pulls(person)) if pull.since <= now), None)

    def _made(self, entry: dict[str, Any]) -> None:
        self._people[entry["client_id"], entry["login"]] = Person(
            entry["client_id"],
            entry["login"],
            entry["subject"],
            entry["salt"],
            entry["passcode_hash"],
            entry["seed"],
            tuple(sorted((since, media_type, digest) for since, media_type, digest in entry["pulls"])),
        )


@lru_cache(maxsize=32)
def _invented(seed: int) -> tuple[Pull, ...]:
    from infrastructure.sandbox.report_generator.sequences import pull_sequence  # half a second the start is spared

    return tuple(
        Pull.made(datetime.combine(pull.pulled_on, time(9), UTC), "application/javascript", pull.raw)
        for pull in pull_sequence(seed).pulls
    )


def _hash(passcode: str, salt: str) -> str:
    return scrypt(passcode.encode(), salt=bytes.fromhex(salt), **_COST).hex()
