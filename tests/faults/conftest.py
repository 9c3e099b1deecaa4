"""What every fault is given: a stream of the simulated files, and the account of it."""

from __future__ import annotations

import pytest

from tests.engine_process import STARTS_WITHIN_S
from tests.faults.account import Account
from tests.faults.stream import Stream
from tests.faults.table import FIGURES
from tests.outputs import count_out, wait_until


@pytest.fixture
def stream(tmp_path, dirty_files, trained, topics, engine_environment):
    return Stream(tmp_path, dirty_files, trained, topics, engine_environment)


@pytest.fixture
def account(kafka, topics, stream, record_property):
    """Wait until a number of records is answered, stop the engine cleanly, and give the account."""

    def settle(engine, rows, within_s=STARTS_WITHIN_S):
        wait_until(
            lambda: count_out(kafka, topics) >= rows,
            within_s=within_s,
            what=f"{rows} records are answered",
            alive=lambda: engine.is_alive,
        )
        if Account(kafka, topics, stream.ledger).missing:  # so some are answered twice
            wait_until(
                lambda: Account(kafka, topics, stream.ledger).missing == 0,
                within_s=within_s,
                what="nothing is missing",
                alive=lambda: engine.is_alive,
            )
        assert engine.stop() == 0, engine.log()
        found = Account(kafka, topics, stream.ledger)
        record_property(FIGURES, found.figures())
        return found

    return settle
