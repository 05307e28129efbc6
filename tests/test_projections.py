"""Every read model is registered once, under a name of its own."""

from projections import ALL


def test_names_and_tables_are_unique() -> None:
    names = [projection.name for projection in ALL]
    tables = [table.name for projection in ALL for table in projection.tables]
    assert len(set(names)) == len(names) == 18
    assert len(set(tables)) == len(tables)
