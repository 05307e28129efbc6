"""Write the streams of this release; files of older releases are never touched.

Use: python -m tests.replay.write RELEASE
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.kernel import Event
from infrastructure.event_store.mapper import PydanticMapper
from infrastructure.event_store.tenancy import as_tenant
from tests.support.histories import TENANT_ID, everything

FOLDER = Path(__file__).parent
KEY = FOLDER / "test.key"


class TestKeys:
    """One key for all; nonces follow from what is sealed, so that the same release writes the same file."""

    __test__ = False

    def __init__(self) -> None:
        self._key = bytes.fromhex(KEY.read_text().strip())

    def seal(self, tenant_id: UUID, subject_id: UUID, plaintext: bytes, aad: bytes) -> bytes:
        nonce = sha256(aad + plaintext).digest()[:12]
        return nonce + AESGCM(self._key).encrypt(nonce, plaintext, tenant_id.bytes + subject_id.bytes + aad)

    def open(self, tenant_id: UUID, subject_id: UUID, box: bytes, aad: bytes) -> bytes | None:
        return AESGCM(self._key).decrypt(box[:12], box[12:], tenant_id.bytes + subject_id.bytes + aad)


def lines() -> Iterator[str]:
    """Every event of every history, as the log would hold it."""
    mapper = PydanticMapper(TestKeys())
    with as_tenant(TENANT_ID):
        for thing in everything():
            for event in thing.pending_events:
                assert isinstance(event, Event)
                stored = mapper.to_stored_event(event)
                yield json.dumps(
                    {
                        "tenant": str(TENANT_ID),
                        "stream": str(stored.originator_id),
                        "version": stored.originator_version,
                        "topic": stored.topic,
                        "state": json.loads(stored.state),
                    }
                )


def write(release: str) -> Path:
    """Write one release's file. Raises FileExistsError when there is one."""
    path = FOLDER / f"{release}.jsonl"
    with path.open("x", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines())
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{write(sys.argv[1])}\n")
