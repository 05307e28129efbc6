"""The letters the provider has promised to print, so that they can be counted against the mailings asked for."""

from __future__ import annotations

from pathlib import Path

from infrastructure.sandbox.ledger import Ledger as SandboxLedger


class Ledger(SandboxLedger):
    """The sandbox's ledger with the printed PDFs beside it."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, "pdfs")

    def keep_pdf(self, letter_id: str, pdf: bytes) -> None:
        """Store the bytes to be printed, before the letter is recorded."""
        self.keep(f"{letter_id}.pdf", pdf)

    def pdf(self, letter_id: str) -> bytes:
        """The bytes that were to be printed."""
        return self.kept(f"{letter_id}.pdf")
