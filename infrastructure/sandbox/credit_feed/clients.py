"""Who may ask for reports: clients with their secrets, return addresses and webhooks."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import unquote_plus

from infrastructure.sandbox.credit_feed.memory import Memory
from infrastructure.sandbox.credit_feed.problems import Refused


@dataclass
class Client:
    """One client: what people allow it is invisible to every other."""

    client_id: str
    secret_hash: str
    redirect_uris: tuple[str, ...]
    webhook_url: str | None = None
    webhook_secret: str = ""


class Clients:
    """Every client that was registered."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._clients: dict[str, Client] = {}
        memory.keeps("client", self._registered)
        memory.keeps("webhook", self._listening)

    def __iter__(self) -> Any:
        return iter(tuple(self._clients.values()))

    def register(self, client_id: str, client_secret: str, redirect_uris: tuple[str, ...]) -> None:
        """Make a client, or give it another secret and other return addresses."""
        known, facts = self._clients.get(client_id), (_hash(client_secret), tuple(redirect_uris))
        if known is None or (known.secret_hash, known.redirect_uris) != facts:
            self._memory.record("client", client_id=client_id, secret_hash=facts[0], redirect_uris=list(redirect_uris))

    def listen(self, client_id: str, url: str, secret: str) -> None:
        """Say where a client's webhooks go."""
        self.known(client_id)
        self._memory.record("webhook", client_id=client_id, url=url, secret=secret)

    def find(self, client_id: str) -> Client | None:
        """The client of this name."""
        return self._clients.get(client_id)

    def known(self, client_id: str) -> Client:
        """The client of this name, which must be there."""
        client = self._clients.get(client_id)
        if client is None:
            raise Refused("not_found", "no client of this name is registered", 404)
        return client

    def signed_in(self, authorization: str) -> Client:
        """The client that signs in by basic authentication, both parts form-encoded (RFC 6749, 2.3.1)."""
        scheme, _, token = authorization.partition(" ")
        try:
            name, _, secret = base64.b64decode(token.strip(), validate=True).decode("ascii").partition(":")
        except (binascii.Error, ValueError):
            name, secret = "", ""
        client = self._clients.get(unquote_plus(name))
        given = _hash(unquote_plus(secret))
        wanted = client.secret_hash if client else _hash("nobody")
        if not hmac.compare_digest(given, wanted) or client is None or scheme.lower() != "basic":
            challenge = {"WWW-Authenticate": 'Basic realm="clients"'}
            raise Refused("invalid_client", "the client must sign in by basic authentication", 401, challenge)
        return client

    def _registered(self, entry: dict[str, Any]) -> None:
        client_id, uris = entry["client_id"], tuple(entry["redirect_uris"])
        client = self._clients.setdefault(client_id, Client(client_id, entry["secret_hash"], uris))
        client.secret_hash, client.redirect_uris = entry["secret_hash"], uris

    def _listening(self, entry: dict[str, Any]) -> None:
        client = self._clients[entry["client_id"]]
        client.webhook_url, client.webhook_secret = entry["url"], entry["secret"]


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
