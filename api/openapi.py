"""Writes the API's document to docs/openapi.json: `python -m api.openapi`."""

from __future__ import annotations

import json
import sys
from typing import NoReturn

from api.app import create_app
from infrastructure.settings import CHECKOUT

PATH = CHECKOUT / "docs" / "openapi.json"


def _never_served() -> NoReturn:
    raise RuntimeError("this app is made for its document only")


def text() -> str:
    """The document as it is committed."""
    return json.dumps(create_app(_never_served).openapi(), indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the document."""
    PATH.write_text(text())
    sys.stdout.write(f"wrote {PATH}\n")


if __name__ == "__main__":
    main()
