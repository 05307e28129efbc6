"""What the store hands to its backend is sealed, named for its owner, and gone with the key."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from infrastructure.stores import SealedStore, StoreUnavailable
from infrastructure.vendors.files import Files

TENANT, PERSON = UUID(int=1), UUID(int=2)


class Xor:
    """A keyring that bends every byte, bound to its name."""

    def __init__(self) -> None:
        self.lost = False

    def seal(self, tenant_id: UUID, subject_id: UUID, plaintext: bytes, aad: bytes) -> bytes:
        return aad + bytes(byte ^ 0x5A for byte in plaintext)

    def open(self, tenant_id: UUID, subject_id: UUID, box: bytes, aad: bytes) -> bytes | None:
        assert box.startswith(aad)
        return None if self.lost else bytes(byte ^ 0x5A for byte in box[len(aad) :])


def test_objects_are_sealed_and_unreadable_once_the_key_is_gone(tmp_path: Path) -> None:
    keyring = Xor()
    store = SealedStore(keyring, Files(tmp_path))  # type: ignore[arg-type]
    store.put(TENANT, PERSON, "letters/a.pdf", b"plain words")

    assert store.get(TENANT, PERSON, "letters/a.pdf") == b"plain words"
    assert store.get(TENANT, uuid4(), "letters/a.pdf") is None
    assert not any(b"plain words" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    keyring.lost = True
    assert store.get(TENANT, PERSON, "letters/a.pdf") is None
    assert store.erase(TENANT, PERSON) == 1


@pytest.mark.parametrize("key", ["", "/etc/passwd", "a/../../b"])
def test_a_key_stays_inside_its_owners_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="relative path"):
        SealedStore(Xor(), Files(tmp_path)).put(TENANT, PERSON, key, b"")  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / str(TENANT)).write_text("a file where a folder should be")

    with pytest.raises(StoreUnavailable):
        SealedStore(Xor(), Files(tmp_path)).put(TENANT, PERSON, "a", b"")  # type: ignore[arg-type]
