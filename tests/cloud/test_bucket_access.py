"""The bucket as a task of Airflow reaches it: by a token of whoever the connection names."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import yandexcloud

from fraud_cloud.errors import DeniedError
from fraud_cloud.object_store import ObjectStore, md5_of
from fraud_cloud.sdk import iam_token
from fraud_cloud.services import BUCKET
from tests.cloud_double.double import CloudDouble
from tests.cloud_double.objects import TOKEN


@pytest.fixture
def sdk(cloud: CloudDouble) -> yandexcloud.SDK:
    """As Airflow's hook makes it of a connection."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return yandexcloud.SDK(token="oauth", endpoint=cloud.environment["YC_ENDPOINT"])  # noqa: S106


def test_the_token_of_a_connection_opens_the_bucket(cloud: CloudDouble, sdk: yandexcloud.SDK):
    cloud.add(BUCKET, "bucket")
    token = iam_token(sdk, {"token": "oauth"}, cloud.environment["YC_ENDPOINT"])
    assert token == TOKEN

    store = ObjectStore(token, cloud.environment["CLOUD_STORAGE"])
    for number in range(5):
        store.put("bucket", f"runs/r{number}/plan.yaml", b"")

    assert list(store.keys("bucket", "runs/r1")) == ["runs/r1/plan.yaml"]
    assert len(list(store.keys("bucket"))) == 5


def test_a_file_goes_into_the_bucket_and_comes_back_block_by_block(
    cloud: CloudDouble, tmp_path: Path
):
    cloud.add(BUCKET, "bucket")
    store = ObjectStore(TOKEN, cloud.environment["CLOUD_STORAGE"])
    here, there = tmp_path / "here", tmp_path / "folder/there"
    here.write_bytes(bytes(range(256)) * 8192)

    store.put_file("bucket", "data/set-1/file", here)
    assert store.has_md5("bucket", "data/set-1/file", md5_of(here))
    store.get_file("bucket", "data/set-1/file", there)

    assert there.read_bytes() == here.read_bytes()
    assert [one.name for one in there.parent.iterdir()] == ["there"]


def test_a_host_without_an_account_is_told_what_it_lacks(
    sdk: yandexcloud.SDK, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("YC_METADATA_ADDR", "127.0.0.1:1")
    with pytest.raises(DeniedError, match="give this host a service account"):
        iam_token(sdk, {}, None)
