"""Which bureau a MISMO row belongs to: the one repository it names, and no other way.

A row may carry several repositories but has only one balance, so what each of them said cannot be told any
more. The file a row points to never takes the place of a repository, since merged rows point to one file of
several; but a row whose repository is of none of the files it points to contradicts itself and belongs to nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from domain.bureaus import Bureau
from infrastructure.reports.cursor import Cursor
from infrastructure.reports.truelink_codes import bureau_named

Files = Mapping[str, set[Bureau | None]]
NO_FILES: Final[Files] = {}


class Repositories:
    """What a row says about where it comes from."""

    __slots__ = ("named", "subscriber_code")

    def __init__(self, row: Cursor, files: Files = NO_FILES) -> None:
        elements = row.children("CREDIT_REPOSITORY")
        names = [element.text("_SourceType") for element in elements]
        codes = [element.text("_SubscriberCode") for element in elements]
        for element in elements:
            element.close()
        own = row.text("CreditRepositorySourceType")
        blank = len(row.rows("CREDIT_REPOSITORY")) > len(elements)
        self.named: set[Bureau | None] = {bureau_named(name) for name in [*names, *([own] if own else [])]}
        if blank or self._contradicts(row, files):
            self.named.add(None)
        self.subscriber_code = codes[0] if len(codes) == 1 else row.text("_SubscriberCode")

    def _contradicts(self, row: Cursor, files: Files) -> bool:
        identifiers = (row.text("CreditFileID") or "").split()
        pointed = {bureau for identifier in identifiers for bureau in files.get(identifier, ())}
        return bool(pointed) and None not in pointed and not self.named <= pointed

    @property
    def bureau(self) -> Bureau | None:
        """The bureau the row is from; None when it names none, several or one we do not know."""
        return next(iter(self.named)) if len(self.named) == 1 else None


def files_of(response: Cursor) -> Files:
    """The bureaus of the files that rows point to, by the files' ids."""
    files: defaultdict[str, set[Bureau | None]] = defaultdict(set)
    for file in response.children("CREDIT_FILE"):
        if identifier := file.text("CreditFileID"):
            files[identifier].add(Repositories(file).bureau)
    return files
