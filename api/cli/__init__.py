"""The `sfdify` command: running the product, working on it, and watching it work."""

from __future__ import annotations

import sys

import httpx
import psycopg
import typer

from api.cli import measuring, operating, running, walking
from domain.kernel import DomainError
from infrastructure.postgres import CannotMigrate, UnsafeRole
from infrastructure.postgres_binaries import EmbeddedServerError
from infrastructure.projecting import Busy, NotSwapped, Stale, Stuck
from infrastructure.settings import BadSettings
from infrastructure.stack import StackFailed

app = typer.Typer(
    help="SFDIFY: consumer credit disputes.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
for module in (running, walking, operating, measuring):
    module.register(app)

_EXPECTED = (
    BadSettings,
    DomainError,
    EmbeddedServerError,
    CannotMigrate,
    UnsafeRole,
    Busy,
    NotSwapped,
    Stale,
    Stuck,
    StackFailed,
    httpx.HTTPError,
    OSError,
    psycopg.OperationalError,
)


def main() -> None:
    """Run one command; what goes wrong is one plain line and a non-zero exit."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except _EXPECTED as error:
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        sys.stderr.write(f"sfdify: {first_line}\n")
        sys.exit(1)
