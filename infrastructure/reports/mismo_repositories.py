"""Which bureau a MISMO row belongs to: the one repository it names, and no other way.

A row may carry several repositories but has only one balance, so what each of them said cannot be told any
more. The file a row points to does not count either: merged reports point all their rows to the first file.
"""

from __future__ import annotations

from domain.bureaus import Bureau
from infrastructure.reports.cursor import Cursor
from infrastructure.reports.truelink_codes import bureau_named


class Repositories:
    """What a row says about where it comes from."""

    __slots__ = ("named", "subscriber_code")

    def __init__(self, row: Cursor) -> None:
        elements = row.children("CREDIT_REPOSITORY")
        names = [element.text("_SourceType") for element in elements]
        codes = [element.text("_SubscriberCode") for element in elements]
        for element in elements:
            element.close()
        own = row.text("CreditRepositorySourceType")
        blank = len(row.rows("CREDIT_REPOSITORY")) - len(elements)
        self.named: set[Bureau | None] = {bureau_named(name) for name in [*names, *([own] if own else [])]}
        if blank:
            self.named.add(None)
        self.subscriber_code = codes[0] if len(codes) == 1 else row.text("_SubscriberCode")

    @property
    def bureau(self) -> Bureau | None:
        """The bureau the row is from; None when it names none, several or one we do not know."""
        return next(iter(self.named)) if len(self.named) == 1 else None
