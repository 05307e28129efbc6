"""A print-and-mail provider that prints nothing: Lob's API, a test clock, a ledger and a fault script.

`running(Settings(home=...))` serves it from a thread; `python -m infrastructure.sandbox.print_provider`
is its own process.
"""

from infrastructure.sandbox.print_provider.server import Server, Settings, running

__all__ = ["Server", "Settings", "running"]
