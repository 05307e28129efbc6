"""The tree has the names and spellings of the vendor."""

from datetime import date

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator import base_scores, invent
from infrastructure.sandbox.report_generator.tree import SYMBOLS, report_tree

AS_OF = date(2026, 1, 5)


def test_the_vendors_own_names_are_used():
    draft, _ = invent(2, AS_OF, {})
    tree = report_tree(draft, AS_OF, base_scores(draft, tuple(Bureau)))
    assert {"Borrower", "TradeLinePartition", "InquiryPartition", "PulblicRecordPartition", "Subscriber"} <= tree.keys()
    row = tree["TradeLinePartition"][0]["Tradeline"][0]
    assert {"creditorName", "accountNumber", "bureau", "GrantedTrade", "PayStatus", "Source"} <= row.keys()
    assert len(tree["TradeLinePartition"]) == len(draft.accounts)


def test_a_silent_bureau_leaves_no_trace():
    draft, _ = invent(2, AS_OF, {})
    tree = report_tree(draft, AS_OF, base_scores(draft, (Bureau.EQUIFAX,)))
    assert SYMBOLS[Bureau.EXPERIAN] not in str(tree)
    assert SYMBOLS[Bureau.EQUIFAX] in str(tree)
