"""Objects in a bucket that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.stores import StoreUnavailable


class S3:
    """Sealed objects in one bucket. Each call ends within its timeouts; only reads are repeated by the client."""

    def __init__(self, bucket: str, endpoint: str | None = None, region: str | None = None) -> None:
        self._bucket = bucket
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=region,
            config=Config(connect_timeout=3, read_timeout=8, retries={"total_max_attempts": 2, "mode": "standard"}),
        )

    def put(self, name: str, content: bytes) -> None:
        """Store an object, checked by its SHA-256 on arrival."""
        with _reached():
            self._client.put_object(Bucket=self._bucket, Key=name, Body=content, ChecksumAlgorithm="SHA256")

    def get(self, name: str) -> bytes | None:
        """The bytes, or None."""
        with _reached():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=name)
            except ClientError as error:
                if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                    return None
                raise
            content: bytes = answer["Body"].read()
            return content

    def erase(self, prefix: str) -> int:
        """Remove every object whose name begins with `prefix`; the sealed bytes of older versions stay unreadable."""
        count = 0
        with _reached():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                names = [{"Key": entry["Key"]} for entry in page.get("Contents", ())]
                if names:
                    done = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": names, "Quiet": True})
                    if refused := done.get("Errors"):
                        raise StoreUnavailable(f"the bucket kept {len(refused)} objects: {refused[0].get('Code')}")
                count += len(names)
        return count


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise StoreUnavailable(f"the bucket refused: {error.response['Error']['Code']}") from None
    except BotoCoreError as error:
        raise StoreUnavailable(f"the bucket cannot be reached: {type(error).__name__}") from None
