"""A report provider whose people are invented: OAuth, reports that evolve over a test clock, webhooks, a fault script.

`running(Settings(home=...))` serves it from a thread; `python -m infrastructure.sandbox.credit_feed`
is its own process. What no real provider has stands under `/sandbox` (`control.py`):

    POST /sandbox/clients      {client_id, client_secret, redirect_uris}
    POST /sandbox/people       {client_id, login, passcode, subject?, seed | pulls: [{from, media_type, content}]}
    POST /sandbox/clock        {client_id, subject?, now}: a client's people, or one of them
    POST /sandbox/webhooks     {client_id, url, secret}
    POST /sandbox/revocations  {client_id, login}: the person withdraws here
    POST /sandbox/faults       [{on, do, nth?, times?, rate?, seed?, client_id?}] (`faults.py`), GET, DELETE
    GET  /sandbox/ledger       counts of orders, fetches, exchanges and refreshes; /sandbox/events what was told

Everything it acknowledged survives a restart, except forms that are being filled in and the fault script.
"""

from infrastructure.sandbox.credit_feed.server import Server, Settings, running

__all__ = ["Server", "Settings", "running"]
