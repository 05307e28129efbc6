"""MISMO's two encodings brought to one tree: XML, and JSON with `@` before what are attributes in XML.

Names lose their `@` and keep their underscores. A name that stands twice in one object becomes a list, as in
XML: the second of two repositories must not silently take the first one's place. Numbers stay text.
"""

from __future__ import annotations

from domain.credit_reports import ReportFormat
from infrastructure.reports.cursor import Object, UnreadableReport
from infrastructure.reports.documents import check_depth, load_json, text_of
from infrastructure.reports.xml_documents import add, load_xml, present

RESPONSE = "CREDIT_RESPONSE"


def read_response(raw: bytes) -> tuple[Object, ReportFormat]:
    """The one `CREDIT_RESPONSE` of a file, out of its envelope, and the encoding it came in."""
    text = text_of(raw).lstrip()
    if text.startswith("<"):
        root, tree = load_xml(text)
        envelope: object = {root: tree}
        source_format = ReportFormat.MISMO_XML
    else:
        envelope = _normalised(load_json(text, _object), 1)
        source_format = ReportFormat.MISMO_JSON
    found = list(_responses(envelope))
    if len(found) != 1 or not isinstance(found[0], dict):
        raise UnreadableReport(f"/{RESPONSE}", f"one {RESPONSE}")
    return found[0], source_format


def _responses(node: object) -> list[object]:
    """Every response in an envelope. None stands within another."""
    if isinstance(node, list):
        return [found for item in node for found in _responses(item)]
    if not isinstance(node, dict):
        return []
    here = node.get(RESPONSE)
    if here is not None:
        return here if isinstance(here, list) else [here]
    return [found for value in node.values() for found in _responses(value)]


def _object(pairs: list[tuple[str, object]]) -> Object:
    tree: Object = {}
    for key, value in pairs:
        name = key.removeprefix("@")
        if not name.startswith("xmlns"):
            add(tree, name, value)
    return tree


def _normalised(node: object, depth: int) -> object:
    if isinstance(node, str):
        return present(node)
    if isinstance(node, dict):
        check_depth(depth)
        tree: Object = {name: _normalised(value, depth + 1) for name, value in node.items()}
        if len(tree) == 1 and "$" in tree:
            return tree["$"]
        return tree if any(value is not None for value in tree.values()) else None
    if isinstance(node, bool):
        return "true" if node else "false"
    if isinstance(node, list):
        check_depth(depth)
        return [_normalised(item, depth + 1) for item in node] or None
    return None
