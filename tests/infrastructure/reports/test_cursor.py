"""Typed reading: what each kind of field accepts, and how a refusal reads."""

import pytest

from domain.partial_dates import PartialDate
from infrastructure.reports.cursor import Cursor, Tally, UnreadableReport, as_day, read_date, read_digits
from tests.support.reports import day


def cursor(**fields):
    return Cursor(fields, "/here", Tally())


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("2020-05-17", "2020-05-17"),
        ("2020-05-17-07:00", "2020-05-17"),
        ("2020-05-17T00:00:00.000Z", "2020-05-17"),
        ("2020-05", "2020-05"),
        ("2020", "2020"),
        ("2020-05-00", "2020-05"),
        ("5/17/2020", "2020-05-17"),
        ("05/2020", "2020-05"),
    ],
)
def test_dates_keep_their_precision(printed, expected):
    assert read_date(printed, "/x") == day(expected)


@pytest.mark.parametrize("printed", ["0000-00-00", "0", "00/00/0000"])
def test_zeros_are_no_date(printed):
    assert read_date(printed, "/x") is None


@pytest.mark.parametrize("printed", ["2020-13-01", "2021-02-29", "yesterday", "0001-01-01", "٢٠٢٠-01-01", "20200517"])
def test_what_is_no_date_is_refused_at_its_place(printed):
    with pytest.raises(UnreadableReport) as refusal:
        read_date(printed, "/x/dateOpened")
    assert refusal.value.place == "/x/dateOpened"
    assert printed not in str(refusal.value)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("05172020", "2020-05-17"),
        ("05002020", "2020-05"),
        ("00002020", "2020"),
        ("052020", "2020-05"),
        ("5172020", "2020-05-17"),
        ("52020", "2020-05"),
    ],
)
def test_dates_of_digits_keep_their_precision_and_may_lack_a_leading_zero(printed, expected):
    assert read_digits(printed, "/x") == day(expected)
    assert cursor(a=printed).digits("a") == day(expected)


@pytest.mark.parametrize("printed", ["00000000", "000000", "0"])
def test_zeros_of_digits_are_no_date(printed):
    assert read_digits(printed, "/x") is None
    assert cursor().digits("a") is None


@pytest.mark.parametrize(
    "printed", ["13012020", "02302020", "00172020", "2020", "202005", "2020-05-17", "٠٥١٧٢٠٢٠", "051720201", "0517 020"]
)
def test_what_is_no_date_of_digits_is_refused_at_its_place(printed):
    with pytest.raises(UnreadableReport) as refusal:
        read_digits(printed, "/x/dateOpened")
    assert refusal.value.place == "/x/dateOpened"
    assert printed not in str(refusal.value)


def test_values_with_a_code_may_have_words():
    assert cursor(a={"code": "R", "description": "Revolving"}).coded("a") == ("R", "Revolving")
    assert cursor(a={"code": "R"}).coded("a") == cursor(a="R").coded("a") == ("R", None)
    assert cursor().coded("a") == (None, None)


def test_a_pull_date_needs_its_day():
    assert as_day(None, "/x") is None
    with pytest.raises(UnreadableReport, match="with its day"):
        as_day(PartialDate(year=2020, month=5), "/x")


def test_one_object_reads_like_a_list_of_one():
    alone, listed = cursor(a={"b": "1"}), cursor(a=[{"b": "1"}, None])
    assert [child.text("b") for child in alone.children("a")] == ["1"]
    assert [child.text("b") for child in listed.children("a")] == ["1"]
    assert cursor().child("a").text("b") is None
    assert cursor(a=["1"]).text("a") == cursor(a={"$": "1", "id": "2"}).text("a") == "1"


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        ("text", {"b": "1"}, "a text"),
        ("text", "x" * 2_001, "a text of at most 2000 characters"),
        ("children", ["x"], "an object"),
        ("cents", "12,3", "an amount of dollars"),
        ("count", "-1", "a whole number"),
    ],
)
def test_the_wrong_kind_is_refused(read, value, expected):
    with pytest.raises(UnreadableReport) as refusal:
        getattr(cursor(a=value), read)("a")
    assert refusal.value.expected == expected
    assert refusal.value.place.startswith("/here/a")


def test_coded_values_are_objects_or_bare_texts():
    assert cursor(a={"symbol": "C", "description": "Current"}).code("a") == ("C", "Current")
    assert cursor(a={"symbol": "1", "abbreviation": "Late"}).code("a") == ("1", "Late")
    assert cursor(a="C").code("a") == ("C", "C")
    assert cursor().code("a") == (None, None)
    assert cursor(a={"symbol": "TUC", "description": "TransUnion"}).names("a") == ["TUC", "TransUnion"]


def test_texts_lose_control_characters_and_spare_blanks():
    assert cursor(a=" A\x00B \ud800 C\n").text("a") == "A B C"


def test_fields_are_tallied_as_read_or_ignored():
    tally = Tally()
    each = Cursor({"a": "1", "b": "2", "c": None}, "", tally)
    each.text("a")
    each.close()
    assert (tally.read, tally.ignored) == (1, 1)
    assert cursor(a="5").count("a") == 5
