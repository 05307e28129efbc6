"""`python -m infrastructure.sandbox.credit_feed --port P --home DIR [--issuer URL] [--host HOST --exposed]`.

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

from infrastructure.sandbox.credit_feed.server import NotLoopback, Server, Settings


def settings_from(arguments: Sequence[str]) -> Settings:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="credit_feed", description="A stand-in for a report provider.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--exposed", action="store_true", help="the host may be reached from other machines")
    parser.add_argument("--home", type=Path, required=True, help="where the ledger and the reports are kept")
    parser.add_argument("--issuer", help="where others find it; its own address by default")
    parser.add_argument("--retry-factor", type=float, default=1.0, help="compresses the waits between attempts")
    return Settings(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str]) -> None:
    """Serve until a signal comes."""
    try:
        server = Server(settings_from(arguments))
    except NotLoopback as refused:
        raise SystemExit(f"credit_feed: {refused}") from None
    threading.Thread(target=_announce, args=(server,), daemon=True).start()
    server.run()


def _announce(server: Server) -> None:
    while not server.started:
        time.sleep(0.01)
    sys.stdout.write(json.dumps({"ready": server.base_url}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
