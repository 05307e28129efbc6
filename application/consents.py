"""The exact texts a consumer can agree to. A text never changes; a new wording is a new version."""

from __future__ import annotations

from domain.consumers import ConsentKind
from domain.kernel import Invalid

TEXTS: dict[tuple[ConsentKind, str], str] = {
    (ConsentKind.SERVICE_TERMS, "2026-11"): (
        "I use this service to look at my own credit reports and to dispute, in my own name, what I believe to be"
        " wrong in them. Nobody here has promised me a result."
    ),
    (ConsentKind.REPORT_IMPORT, "2026-11"): (
        "I give written instructions to bring in and keep my own credit reports, encrypted, so that errors can be"
        " found and later reports can be compared with them."
    ),
    (ConsentKind.DISPUTE_IN_MY_NAME, "2026-11"): (
        "I choose every item that is disputed, I read every letter before it is sent, and I confirm that what it says"
        " is true to the best of my knowledge. Letters I have approved may be printed and mailed for me."
    ),
    (ConsentKind.CREDIT_PULL, "2026-11"): (
        "I give written instructions under 15 U.S.C. 1681b(a)(2) to obtain my own credit reports, with the scores and"
        " alerts shown beside them, from the provider I connect, now and again while it is connected, and to keep them,"
        " encrypted, so that errors can be found and later reports can be compared with them. I may take this back at"
        " any time."
    ),
}

ATTESTATIONS: dict[str, str] = {
    "truth-2026-11": (
        "I have read this letter. Every statement in it is true and complete to the best of my knowledge, and I ask"
        " that exactly these pages be mailed for me."
    ),
}


class UnknownText(Invalid):
    """No text of this kind and version was ever offered."""

    code = "unknown_text_version"


def text_of(kind: ConsentKind, version: str) -> str:
    """The text a consumer saw when agreeing to `version`."""
    try:
        return TEXTS[kind, version]
    except KeyError:
        offered = ", ".join(sorted(v for k, v in TEXTS if k is kind))
        raise UnknownText(f"there is no such version of the {kind.value} text; offered: {offered}") from None


def check_attestation(version: str) -> None:
    """Refuse an attestation to a text that was never offered."""
    if version not in ATTESTATIONS:
        raise UnknownText(f"there is no such attestation text; offered: {', '.join(sorted(ATTESTATIONS))}")
