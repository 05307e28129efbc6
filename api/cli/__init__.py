"""The `sfdify` command: running the product, working on it, and watching it work."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

_MODULE_OF: Final = {
    "demo": "walking",
    "up": "running",
    "serve": "running",
    "work": "running",
    "project": "running",
    "sandbox": "running",
    "migrate": "running",
    "reports": "walking",
    "findings": "explaining",
    "consumers": "operating",
    "projections": "operating",
    "jobs": "operating",
    "audit": "operating",
    "bench": "measuring",
    "torture": "measuring",
}


class _Commands(TyperGroup):
    """Loads only the module of the command that is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_MODULE_OF)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _MODULE_OF:
            return None
        loaded = typer.Typer()
        importlib.import_module(f"api.cli.{_MODULE_OF[cmd_name]}").register(loaded)
        group: Any = get_command(loaded)
        return group.commands[cmd_name]


app = typer.Typer(
    cls=_Commands,
    help="SFDIFY: consumer credit disputes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _sfdify() -> None:
    """SFDIFY: consumer credit disputes."""


def main() -> None:
    """Run one command; what goes wrong is one plain line and a non-zero exit."""
    try:
        status = app(standalone_mode=False)
    except KeyboardInterrupt:
        sys.exit(130)
    except typer.Abort:
        _fail("stopped; nothing was changed", 1)
    except TyperException as wrong:
        if type(wrong).__name__ == "NoArgsIsHelpError":
            sys.stderr.write(f"{wrong.format_message()}\n")
            sys.exit(2)
        _fail(wrong.format_message(), 2)
    except Exception as error:
        if not isinstance(error, _expected()):
            raise
        _fail(str(error) or type(error).__name__, 1)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int) -> NoReturn:
    sys.stderr.write(f"sfdify: {' '.join(message.splitlines()[:1])}\n")
    sys.exit(status)


def _expected() -> tuple[type[Exception], ...]:
    """What may go wrong without a mistake of ours. Looked up only then, because it lies all over the product."""
    import httpx
    import psycopg

    from domain.kernel import DomainError
    from infrastructure.databases import ForeignSecrets
    from infrastructure.postgres import CannotMigrate, UnsafeRole
    from infrastructure.postgres_binaries import EmbeddedServerError
    from infrastructure.projecting import Busy, NotSwapped, Stale, Stuck
    from infrastructure.settings import BadSettings
    from infrastructure.stack import StackFailed

    failures = (CannotMigrate, EmbeddedServerError, UnsafeRole, Busy, NotSwapped, Stale, Stuck, StackFailed)
    return (BadSettings, DomainError, ForeignSecrets, *failures, httpx.HTTPError, OSError, psycopg.OperationalError)
