"""What mutated reports may do: be read, or be refused with a place; never crash, never change a row's bureau."""

import json
import random

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from tests.benchmarks import fuzz, mutations
from tests.benchmarks.markers import names_bureau
from tests.support.truelink import raw, tree


def test_two_thousand_mutated_reports_do_no_harm():
    figures = fuzz.main(payloads=2_000, seed=90_210, processes=1)
    assert figures["examples"] == ""
    assert (figures["ok"], figures["crashes"], figures["wrong_bureau"]) == (True, 0, 0)
    assert figures["read"] + figures["refused"] == 2_000
    assert figures["rows_attributed"] > 2_000
    assert set(figures["formats"]) == set(ReportFormat)


def test_a_payload_is_the_same_whenever_it_is_made():
    assert [fuzz.payload(3, number) for number in range(20)] == [fuzz.payload(3, number) for number in range(20)]
    assert fuzz.payload(3, 1)[2] != fuzz.payload(4, 1)[2]


def test_a_tree_too_deep_to_be_written_out_stays_as_it_was():
    deep = b'{"$":' * 400 + b"[1, 2]" + b"}" * 400
    made = [mutations.mutate(random.Random(f"deep/{number}"), deep) for number in range(200)]
    assert deep in made
    assert len(set(made)) > 100


@pytest.mark.parametrize("encoding", list(ReportFormat))
def test_an_unharmed_report_is_read_and_its_marks_are_found(encoding):
    source = fuzz.source_of(encoding, 1, 1)
    tally = fuzz.Tally()
    assert fuzz.read(source.raw, source, tally) == ("read", None)
    assert tally.rows >= 1
    assert tally.renamed == 0


def test_a_row_under_another_bureau_is_noticed():
    source = fuzz.source_of(ReportFormat.TRUELINK_CAMEL, 1, 1)
    others = {Bureau.EQUIFAX: Bureau.EXPERIAN, Bureau.EXPERIAN: Bureau.TRANSUNION, Bureau.TRANSUNION: Bureau.EQUIFAX}
    swapped = fuzz.Source(source.raw, {mark: others[bureau] for mark, bureau in source.marks.items()})
    end, said = fuzz.read(source.raw, swapped, fuzz.Tally())
    assert end == "read", "the payload itself names the bureau it was read as"
    nameless = source.raw.replace(b"Equifax", b"").replace(b"EQF", b"")
    assert all(not names_bureau(nameless, mark, Bureau.EQUIFAX, source.marks.keys()) for mark in source.marks)
    assert said is None


def test_a_neighbours_bureau_is_not_a_rows_own():
    two = tree()
    row = two["TradeLinePartition"]["Tradeline"]
    nameless = {key: value for key, value in row.items() if key not in ("bureau", "Source")}
    nameless["creditorName"] = "QWERTYUIOP"
    two["TradeLinePartition"]["Tradeline"] = [row | {"creditorName": "ASDFGHJKLZ"}, nameless]
    marks = {"QWERTYUIOP", "ASDFGHJKLZ"}
    assert names_bureau(raw(two), "ASDFGHJKLZ", Bureau.EQUIFAX, marks)
    assert not names_bureau(raw(two), "QWERTYUIOP", Bureau.EQUIFAX, marks)
    assert not names_bureau(raw(two), "ASDFGHJKLZ", Bureau.EXPERIAN, marks)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_row_is_read_a_second_time_in_whichever_encoding(encoding):
    text = raw(tree()).decode().replace("EQF", "EXP").replace("Equifax", "Experian")
    mark = tree()["TradeLinePartition"]["Tradeline"]["creditorName"]
    assert names_bureau(text.encode(encoding), mark, Bureau.EXPERIAN, {mark})
    assert not names_bureau(text.encode(encoding), mark, Bureau.EQUIFAX, {mark})


def test_a_crash_is_told_with_its_place(monkeypatch):
    def fails(content, *, pulled_on):
        return json.loads(content) / pulled_on

    monkeypatch.setattr(fuzz, "parse", fails)
    end, said = fuzz.read(b"1", fuzz.Source(b"1", {}), fuzz.Tally())
    assert (end, said.split(":")[0]) == ("crashed", "TypeError in test_mutated.py")


def test_rows_of_xml_are_read_a_second_time_too():
    xml = b'<r><row who="QWERTYUIOP"><repo name="TransUnion"/></row><row who="ASDFGHJKLZ"/></r>'
    marks = {"QWERTYUIOP", "ASDFGHJKLZ"}
    assert names_bureau(xml, "QWERTYUIOP", Bureau.TRANSUNION, marks)
    assert not names_bureau(xml, "ASDFGHJKLZ", Bureau.TRANSUNION, marks)
    assert not names_bureau(b"\x00", "QWERTYUIOP", Bureau.TRANSUNION, marks)
