"""A report provider whose people are invented: OAuth, reports that evolve over a test clock, webhooks, a fault script.

`running(Settings(home=...))` serves it from a thread; `python -m infrastructure.sandbox.credit_feed`
is its own process.
"""

from infrastructure.sandbox.credit_feed.server import Server, Settings, running

__all__ = ["Server", "Settings", "running"]
