"""Commands of `sfdify`, carried out in the test's own process on the home a demonstration has left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from api.cli import main
from application.consumers import GiveConsent, RegisterConsumer
from application.kernel import Context
from domain.consumers import ConsentKind, Profile
from domain.kernel import Caller, Role
from infrastructure.databases import database, urls_of
from infrastructure.postgres import Connection
from infrastructure.projecting import Runner
from infrastructure.projecting.positions import connect
from infrastructure.runtime import decoder
from infrastructure.settings import CHECKOUT, load
from infrastructure.wiring import Sfdify, wire
from projections import ALL
from tests.support.journey import Walked


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Commands:
    """Runs commands as the shell would."""

    demonstrated: Walked
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Ended:
        self.capture.readouterr()
        self.patch.setattr(sys, "argv", ["sfdify", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self.capture.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    def refused(self, *arguments: str, status: int = 1) -> str:
        """The one plain line with which a command refuses."""
        ended = self(*arguments)
        assert ended.status == status, ended
        assert ended.out == "", ended
        assert ended.err.startswith("sfdify: "), ended
        assert ended.err.count("\n") == 1, ended
        return ended.err

    def new_consumer(self, *, projected: bool = True) -> UUID:
        """Another consumer of the demonstration's tenant, who agreed to having reports brought in."""
        profile = Profile.model_validate_json((CHECKOUT / "samples" / "consumer.json").read_text())
        settings = load()
        with database(settings) as admin_url, self.product() as product, decoder(settings, admin_url) as decode:
            tenant = UUID(self.demonstrated.facts["tenant_id"])
            owner = Caller(tenant_id=tenant, actor_id=uuid4(), role=Role.OWNER, ip="192.0.2.7")
            made = product.bus.handle(RegisterConsumer(profile=profile), owner, Context())
            consumer_id = UUID(str(made.answer["consumer_id"]))
            themselves = Caller(
                tenant_id=tenant, actor_id=uuid4(), role=Role.CONSUMER, consumer_id=consumer_id, ip="192.0.2.7"
            )
            for kind in ConsentKind:
                consent = GiveConsent(consumer_id=consumer_id, kind=kind, text_version="2026-11")
                product.bus.handle(consent, themselves, Context())
            if projected:
                Runner(product.urls.projector, ALL, decode).drain(10.0)
        return consumer_id

    @contextmanager
    def product(self) -> Iterator[Sfdify]:
        settings = load()
        with database(settings) as admin_url, wire(settings, admin_url, pool_size=2) as sfdify:
            yield sfdify

    @contextmanager
    def projector(self) -> Iterator[Connection]:
        """A session that may change query tables."""
        settings = load()
        with database(settings) as admin_url, connect(urls_of(settings, admin_url).projector, "test") as conn:
            yield conn


@pytest.fixture
def run(demonstrated: Walked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commands:
    """Commands on the finished demonstration's database."""
    for name in ("DATABASE_URL", "REDIS_URL", "S3_BUCKET", "SFDIFY_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SFDIFY_HOME", str(demonstrated.home))
    monkeypatch.setenv("SFDIFY_DATABASE", demonstrated.database)
    monkeypatch.setenv("COLUMNS", "200")
    return Commands(demonstrated, monkeypatch, capsys)
