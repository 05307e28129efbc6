"""A row belongs to the one repository it names, or to none."""

import pytest

from domain.bureaus import Bureau
from infrastructure.reports.cursor import Cursor, Tally
from infrastructure.reports.mismo_repositories import Repositories, files_of

FILES = {"EA01": {Bureau.EQUIFAX}, "RA01": {Bureau.EXPERIAN}, "XX01": {Bureau.EQUIFAX, Bureau.EXPERIAN}}
EQUIFAX, EXPERIAN = {"_SourceType": "Equifax", "_SubscriberCode": "E1"}, {"_SourceType": "Experian"}


@pytest.mark.parametrize(
    ("row", "bureau"),
    [
        ({"CREDIT_REPOSITORY": EQUIFAX}, Bureau.EQUIFAX),
        ({"CREDIT_REPOSITORY": [EXPERIAN]}, Bureau.EXPERIAN),
        ({"CREDIT_REPOSITORY": [EQUIFAX, EQUIFAX]}, Bureau.EQUIFAX),
        ({"CreditRepositorySourceType": "Trans Union"}, Bureau.TRANSUNION),
        ({"CREDIT_REPOSITORY": EQUIFAX, "CreditRepositorySourceType": "Equifax"}, Bureau.EQUIFAX),
        ({"CREDIT_REPOSITORY": EQUIFAX, "CreditFileID": "EA01 RA01"}, Bureau.EQUIFAX),
        ({"CREDIT_REPOSITORY": EQUIFAX, "CreditFileID": "XX01"}, Bureau.EQUIFAX),
        ({"CREDIT_REPOSITORY": EQUIFAX, "CreditFileID": "unknown"}, Bureau.EQUIFAX),
        ({"CREDIT_REPOSITORY": EQUIFAX, "CreditFileID": "RA01"}, None),
        ({"CREDIT_REPOSITORY": [EQUIFAX, EXPERIAN]}, None),
        ({"CREDIT_REPOSITORY": [EQUIFAX, {"_SubscriberCode": "X9"}]}, None),
        ({"CREDIT_REPOSITORY": [EQUIFAX, None]}, None),
        ({"CREDIT_REPOSITORY": [EQUIFAX, {"_SourceType": "MergedData"}]}, None),
        ({"CREDIT_REPOSITORY": EQUIFAX, "CreditRepositorySourceType": "Experian"}, None),
        ({"CreditRepositorySourceType": "MergedData"}, None),
        ({"CreditFileID": "EA01"}, None),
        ({}, None),
    ],
)
def test_a_row_belongs_to_the_one_repository_it_names(row, bureau):
    assert Repositories(Cursor(row, "/", Tally()), FILES).bureau is bureau


def test_the_code_of_the_only_repository_is_the_subscribers():
    assert Repositories(Cursor({"CREDIT_REPOSITORY": EQUIFAX}, "/", Tally())).subscriber_code == "E1"
    assert Repositories(Cursor({"CREDIT_REPOSITORY": [EQUIFAX, EXPERIAN]}, "/", Tally())).subscriber_code is None


def test_files_are_known_by_their_ids():
    files = [
        {"CreditFileID": "EA01", "CreditRepositorySourceType": "Equifax"},
        {"CreditFileID": "EA01", "CreditRepositorySourceType": "Merged"},
        {"CreditRepositorySourceType": "Experian"},
    ]
    assert files_of(Cursor({"CREDIT_FILE": files}, "", Tally())) == {"EA01": {Bureau.EQUIFAX, None}}
