"""Every automatic next step. Each is a pure function of one event; its commands are stored as jobs in the
transaction that stores the event, so a next step is never lost and never replayed."""

from application.processes import access, cases, endings, feeds, setbacks

__all__ = ["access", "cases", "endings", "feeds", "setbacks"]
