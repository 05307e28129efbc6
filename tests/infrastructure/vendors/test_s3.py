"""Objects in a bucket that speaks S3."""

import boto3
import pytest
from moto import mock_aws

from infrastructure.stores import StoreUnavailable
from infrastructure.vendors.s3 import S3


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="objects")
        yield S3("objects", region="us-east-1")


def test_an_object_is_written_replaced_read_and_erased(bucket: S3) -> None:
    bucket.put("t/p/a.json", b"1")
    bucket.put("t/p/a.json", b"2")
    bucket.put("t/p/b.json", b"3")
    bucket.put("t/q/c.json", b"4")
    assert (bucket.get("t/p/a.json"), bucket.get("t/p/none")) == (b"2", None)
    assert (bucket.erase("t/p/"), bucket.erase("t/p/")) == (2, 0)
    assert (bucket.get("t/p/a.json"), bucket.get("t/q/c.json")) == (None, b"4")


def test_objects_that_the_bucket_kept_are_not_called_erased(bucket: S3) -> None:
    def keep(parsed: dict[str, object], **_: object) -> None:
        parsed["Errors"] = [{"Key": "t/p/a.json", "Code": "AccessDenied"}]

    bucket.put("t/p/a.json", b"1")
    bucket._client.meta.events.register("after-call.s3.DeleteObjects", keep)
    with pytest.raises(StoreUnavailable, match="kept 1 objects: AccessDenied"):
        bucket.erase("t/p/")


def test_another_trouble_than_absence_is_no_absence(bucket: S3) -> None:
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        S3("no-such-bucket", region="us-east-1").put("a", b"1")
