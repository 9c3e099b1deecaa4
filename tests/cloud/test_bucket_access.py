"""The bucket as a task of Airflow reaches it: by a token of whoever the connection names."""

from __future__ import annotations

import warnings

import pytest
import yandexcloud

from fraud_cloud.errors import DeniedError
from fraud_cloud.object_store import ObjectStore
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


def test_a_host_without_an_account_is_told_what_it_lacks(
    sdk: yandexcloud.SDK, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("YC_METADATA_ADDR", "127.0.0.1:1")
    with pytest.raises(DeniedError, match="give this host a service account"):
        iam_token(sdk, {}, None)
