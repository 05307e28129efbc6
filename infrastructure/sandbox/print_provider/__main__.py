"""`python -m infrastructure.sandbox.print_provider --port P --home DIR [--webhook-url URL --webhook-secret FILE]`.

When it answers, it writes one line of JSON with its address to standard output.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from infrastructure.sandbox.print_provider.server import Server, Settings


def settings_from(arguments: Sequence[str]) -> Settings:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="print_provider", description="A stand-in that speaks Lob's API.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--home", type=Path, required=True, help="where the ledger and the printed PDFs are kept")
    parser.add_argument("--webhook-url", help="where events of keys without their own webhook go")
    parser.add_argument("--webhook-secret", type=Path, help="file with the secret that signs them")
    parser.add_argument("--retry-factor", type=float, default=1.0, help="compresses the waits between attempts")
    parser.add_argument("--requests-per-window", type=int, default=150, help="per key and endpoint in 5 s")
    given = parser.parse_args(arguments)
    if bool(given.webhook_url) != bool(given.webhook_secret):
        parser.error("--webhook-url and --webhook-secret go together")
    return Settings(
        home=given.home,
        port=given.port,
        host=given.host,
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret.read_text().strip() if given.webhook_secret else "",
        retry_factor=given.retry_factor,
        requests_per_window=given.requests_per_window,
    )


def main(arguments: Sequence[str]) -> None:
    """Serve until a signal comes."""
    server = Server(settings_from(arguments))
    threading.Thread(target=_announce, args=(server,), daemon=True).start()
    server.run()


def _announce(server: Server) -> None:
    while not server.started:
        time.sleep(0.01)
    sys.stdout.write(json.dumps({"ready": server.base_url}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
