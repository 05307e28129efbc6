"""Commands that keep running: the whole product, or one of its processes.

Each imports what it alone runs, so that no process waits for the imports of another.
"""

from __future__ import annotations

import logging
import platform
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from pydantic import SecretStr

from infrastructure.settings import Settings, load
from infrastructure.stack import Stack, require_free

if TYPE_CHECKING:
    from infrastructure.sandbox.serving import Sandbox
    from infrastructure.workers import Supervisor


SWITCH_EVERY_S: Final = 0.0005
"""How long a command's thread may keep the interpreter while reads wait for it. Python's own 5 ms is longer than a
read takes."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, serve, work, project, sandbox, migrate):
        app.command()(command)


def stack_of(settings: Settings, logs: Path | None = None) -> Stack:
    """All processes of this installation, as `settings` and not the environment would have them; empty is unset."""
    commands = {"api": ["serve"], "worker": ["work"], "projector": ["project"]}
    ready = {"api": f"http://{settings.host}:{settings.port}/readyz"}
    if settings.runs_feed:
        commands = {"feed": ["sandbox", "feed"], **commands}
        ready = {"feed": f"{settings.feed_url}/sandbox", **ready}
    if settings.runs_sandbox:
        commands = {"sandbox": ["sandbox", "print"], **commands}
        ready = {"sandbox": f"{settings.sandbox_url}/sandbox/ledger", **ready}
    lob_api_key = settings.lob_api_key.get_secret_value() if settings.lob_api_key else ""
    environment = {
        "SFDIFY_HOME": str(settings.home),
        "SFDIFY_DATABASE": settings.database_name,
        "SFDIFY_HOST": settings.host,
        "SFDIFY_PORT": str(settings.port),
        "SFDIFY_PUBLIC_URL": settings.public_url_override or "",
        "SFDIFY_SANDBOX_PORT": str(settings.sandbox_port),
        "SFDIFY_SANDBOX_URL": settings.sandbox_url_override or "",
        "SFDIFY_FEED_PORT": str(settings.feed_port),
        "SFDIFY_FEED_URL": settings.feed_url_override or "",
        "SFDIFY_FEED_REDIRECT_URL": settings.feed_redirect_url_override or "",
        "LOB_API_KEY": lob_api_key,
        "LOB_BASE_URL": settings.lob_base_url or "",
        "SFDIFY_RATE_USER_PER_MINUTE": str(settings.rate_user_per_minute),
        "SFDIFY_RATE_TENANT_PER_MINUTE": str(settings.rate_tenant_per_minute),
        **_report_provider(settings),
    }
    return Stack(settings.public_url, commands, ready, environment, logs)


def _report_provider(settings: Settings) -> dict[str, str]:
    """The report provider as variables, each of them named."""
    told = {}
    for name, field in Settings.model_fields.items():
        if name.startswith("smartcredit_"):
            value = getattr(settings, name)
            shown = value.get_secret_value() if isinstance(value, SecretStr) else value
            told[str(field.validation_alias)] = "" if shown is None else str(shown)
    return told


def up() -> None:
    """Run everything on this machine: API, workers, projector, and a sandbox for each provider that is not set."""
    from infrastructure.databases import revive
    from infrastructure.runtime import prepare

    settings = load()
    _take_signals()
    require_free(settings.host, settings.port, "SFDIFY_PORT")
    if settings.runs_sandbox:
        require_free("127.0.0.1", settings.sandbox_port, "SFDIFY_SANDBOX_PORT")
    if settings.runs_feed:
        require_free("127.0.0.1", settings.feed_port, "SFDIFY_FEED_PORT")
    try:
        with _held(settings) as admin_url:
            prepare(settings, admin_url)
            with stack_of(settings) as stack:
                sys.stdout.write(_welcome(settings, stack.url))
                sys.stdout.flush()
                stack.watch(lambda: revive(settings))
    except KeyboardInterrupt:
        sys.stdout.write("\nstopped\n")


def _welcome(settings: Settings, url: str) -> str:
    return (
        "\nSFDIFY is running. Ctrl-C stops it.\n\n"
        f"  API           {url}/v1\n"
        f"  Docs          {url}/docs\n"
        f"  Sign-in       POST {url}/v1/auth/sign-in\n"
        f"  First tenant  POST {url}/v1/tenants, with the platform key as bearer token\n"
        f"  Platform key  sp_{settings.secret('platform-key').hex()}\n\n"
    )


def serve() -> None:
    """Run the API."""
    import gc

    from uvicorn import Server

    from api.app import create_app
    from api.server import config
    from infrastructure.databases import require_migrated
    from infrastructure.telemetry import configure_logging
    from infrastructure.wiring import wire

    settings = load()
    configure_logging(level=_level(settings))
    with _held(settings) as admin_url:  # uvicorn raises anew what ended it; SIGTERM's default would skip clearing up
        require_migrated(settings, admin_url)
        app = create_app(lambda: wire(settings, admin_url))
        gc.collect()
        sys.setswitchinterval(SWITCH_EVERY_S)
        gc.freeze()  # what is loaded by now stays: looking through it again and again delays requests
        with suppress(KeyboardInterrupt):
            Server(config(app, settings.host, settings.port, settings.trusted_proxies)).run()


def work(queues: Annotated[list[str] | None, typer.Argument(help="queues to serve; all by default")] = None) -> None:
    """Run worker processes."""
    from infrastructure.databases import migrated
    from infrastructure.jobs import QUEUES
    from infrastructure.telemetry import configure_logging

    settings = load()
    configure_logging(level=_level(settings))
    chosen = queues or list(QUEUES)
    unknown = sorted(set(chosen) - set(QUEUES))
    if unknown:
        raise typer.BadParameter(f"there is no queue {unknown[0]}; choose from {', '.join(QUEUES)}")
    leaving = _stop_on_signals()
    with migrated(settings) as admin_url:
        supervisor_of(settings, admin_url, chosen, leaving).run()


def supervisor_of(
    settings: Settings, admin_url: str, queues: Sequence[str], leaving: threading.Event | None = None
) -> Supervisor:
    """The worker processes of this machine for one database. Other databases' workers here, ringing the same Redis,
    have other names, so that none answers a ring meant for another."""
    from infrastructure.databases import place_of, urls_of
    from infrastructure.workers import Supervisor, plan_workers

    plans = plan_workers(queues, general=1, pdf=max(1, settings.worker_processes - 1))
    shared = {
        "database_url": urls_of(settings, admin_url).app,
        "redis_url": settings.redis_url,
        "admin_url": admin_url,
        "settings": settings,
    }
    host = f"{platform.node()}:{place_of(admin_url)}"
    return Supervisor("infrastructure.job_runs:opened", plans, shared, host=host, leaving=leaving)


def project() -> None:
    """Keep the query tables level with the log."""
    from infrastructure.databases import migrated, urls_of
    from infrastructure.projecting import Runner
    from infrastructure.runtime import decoder
    from infrastructure.telemetry import configure_logging
    from projections import ALL

    settings = load()
    configure_logging(level=_level(settings))
    stop = _stop_on_signals()
    with migrated(settings) as admin_url, decoder(settings, admin_url) as decode:
        Runner(urls_of(settings, admin_url).projector, ALL, decode).run(stop)


class SandboxName(StrEnum):
    """What a sandbox stands in for."""

    PRINT = "print"
    FEED = "feed"


def sandbox(
    name: Annotated[SandboxName | None, typer.Argument(help="which of them; both by default")] = None,
    exposed: Annotated[
        bool, typer.Option("--exposed", help="let other machines reach the feed, at the host of SFDIFY_HOST")
    ] = False,
) -> None:
    """Run the sandboxes: the print provider, which prints nothing, and the report provider of invented people."""
    from infrastructure.telemetry import configure_logging

    settings = load()
    configure_logging(level=logging.WARNING)
    _take_signals()  # as for `serve`: their ledgers are closed in order
    with suppress(KeyboardInterrupt):
        if name is SandboxName.FEED:
            _feed(settings, exposed).run()
        elif name is SandboxName.PRINT:
            _print_provider(settings).run()
        else:
            from infrastructure.sandbox.serving import in_a_thread

            with in_a_thread(_feed(settings, exposed)):
                _print_provider(settings).run()


def _print_provider(settings: Settings) -> Sandbox:
    from infrastructure.sandbox.print_provider import Server
    from infrastructure.sandbox.print_provider import Settings as Chosen

    home = settings.home / "sandbox" / settings.database_name
    return Server(Chosen(home=home, host=settings.host, port=settings.sandbox_port, requests_per_window=1500))


def _feed(settings: Settings, exposed: bool) -> Sandbox:
    """Whoever reaches it may invent people and read reports, so it stays on this machine unless it is told."""
    from infrastructure.sandbox.credit_feed import Server
    from infrastructure.sandbox.credit_feed import Settings as Chosen

    home, host = settings.home / "feed" / settings.database_name, settings.host if exposed else "127.0.0.1"
    return Server(Chosen(home=home, host=host, port=settings.feed_port, issuer=settings.feed_url, exposed=exposed))


def migrate() -> None:
    """Bring the database's schema up to date and make missing query tables."""
    from infrastructure.databases import database
    from infrastructure.runtime import prepare

    settings = load()
    with database(settings) as admin_url:
        applied = prepare(settings, admin_url)
    sys.stdout.write("".join(f"applied {name}\n" for name in applied) or "nothing to apply\n")


def _level(settings: Settings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level.upper()]


def _take_signals() -> None:
    """Both ways of being asked to stop end the command in order; a script's `&` would have SIGINT ignored."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)


@contextmanager
def _held(settings: Settings) -> Iterator[str]:
    """The database, for what ends by an interrupt. One who is asked to stop while the server starts waits for that
    moment, and gives it back like any other."""
    from infrastructure.databases import database

    asked = _stop_on_signals()
    with database(settings) as admin_url:
        _take_signals()
        if asked.is_set():
            raise KeyboardInterrupt
        yield admin_url


def _stop_on_signals() -> threading.Event:
    """As `_take_signals`, for what looks for itself whether it is to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
