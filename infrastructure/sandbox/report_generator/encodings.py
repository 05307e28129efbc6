"""The encodings a report's one tree travels in: TrueLink's four, and MISMO's two made from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from infrastructure.sandbox.report_generator.mismo import mismo_json, mismo_xml
from infrastructure.sandbox.report_generator.tree import SYMBOLS

Tree = dict[str, object]
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
LISTING_ROWS: Final = frozenset({ReportFormat.MISMO_XML, ReportFormat.MISMO_JSON})
"""Encodings that list each bureau's row: an account that no bureau shows leaves no trace in them."""

_LOSSY: Final = frozenset({"SocialSecurityNumber", "postalCode"})


def encode(report: Tree, encoding: ReportFormat, scores: dict[Bureau, int]) -> bytes:
    """The bytes of a report tree in one encoding."""
    return _ENCODERS[encoding](report, scores).encode()


def _bundle(report: Tree, scores: dict[Bureau, int]) -> Tree:
    empty: list[Tree] = [{"Type": f"{SYMBOLS[bureau]}ReportV6"} for bureau in Bureau]
    vantage: list[Tree] = [
        {"Type": f"{SYMBOLS[bureau]}VantageScoreV6", "CreditScoreType": {"riskScore": str(score)}}
        for bureau, score in scores.items()
    ]
    merged: Tree = {"Type": "MergeCreditReports", "TrueLinkCreditReportType": report}
    return {"BundleComponents": {"BundleComponent": [*empty, *vantage, merged]}}


def _identityiq(report: Tree, scores: dict[Bureau, int]) -> str:
    tree = _attributed(_bundle(report, scores))
    return f"JSON_CALLBACK({json.dumps(tree, separators=(',', ':'))})"


def _attributed(node: object) -> object:
    if isinstance(node, list):
        return _attributed(node[0]) if len(node) == 1 else [_attributed(item) for item in node]
    if not isinstance(node, dict):
        return node
    tree: Tree = {}
    for name, value in node.items():
        if isinstance(value, dict | list):
            tree[name] = _attributed(value) if value else {}
        elif value is not None:
            tree |= {f"@{name}": value} if name[0].islower() else {name: {"$": value}}
    return tree


def _smartcredit(report: Tree, scores: dict[Bureau, int]) -> str:
    return f"jsonp_callback({json.dumps(_single(_bundle(report, scores), absent='-'), separators=(',', ':'))});"


def _camel(report: Tree, scores: dict[Bureau, int]) -> str:
    return json.dumps(_camel_names(_bundle(report, scores)), separators=(",", ":"))


def _camel_names(node: object) -> object:
    if isinstance(node, list):
        return [_camel_names(item) for item in node]
    if isinstance(node, dict):
        return {name[0].lower() + name[1:]: _camel_names(value) for name, value in node.items()}
    return int(node) if isinstance(node, str) and _INTEGER.fullmatch(node) else node


def _single_bureau(report: Tree, _: dict[Bureau, int]) -> str:
    return json.dumps(_numeric(_single({"TrueLinkCreditReportType": report}, absent=None)))


def _single(node: object, absent: str | None) -> object:
    """Lists of one as their only member; absent values as `absent`, or left out."""
    if isinstance(node, list):
        return _single(node[0], absent) if len(node) == 1 else [_single(item, absent) for item in node]
    if isinstance(node, dict):
        kept = {name: absent if value is None else _single(value, absent) for name, value in node.items()}
        return {name: value for name, value in kept.items() if value is not None}
    return node


def _numeric(node: object, name: str = "") -> object:
    """Numbers as numbers, with the leading zeros of SSNs and ZIP codes lost."""
    if isinstance(node, list):
        return [_numeric(item, name) for item in node]
    if isinstance(node, dict):
        return {key: _numeric(value, key) for key, value in node.items()}
    if isinstance(node, str) and (_INTEGER.fullmatch(node) or (name in _LOSSY and node.isdigit())):
        return int(node)
    return node


_ENCODERS: Final[dict[ReportFormat, Callable[[Tree, dict[Bureau, int]], str]]] = {
    ReportFormat.TRUELINK_IDENTITYIQ: _identityiq,
    ReportFormat.TRUELINK_SMARTCREDIT: _smartcredit,
    ReportFormat.TRUELINK_CAMEL: _camel,
    ReportFormat.TRUELINK_SINGLE_BUREAU: _single_bureau,
    ReportFormat.MISMO_XML: mismo_xml,
    ReportFormat.MISMO_JSON: mismo_json,
}
