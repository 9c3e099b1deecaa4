from fraud_core.artifact import Thresholds
from fraud_core.features import FEATURE_NAMES
from fraud_core.prediction import decide, reason_codes


def features(**values):
    row = dict.fromkeys(FEATURE_NAMES, 0.0)
    row |= {"TX_AMOUNT": 10.0, "CUSTOMER_ID_AVG_AMOUNT_30DAY_WINDOW": 10.0} | values
    return list(row.values())


def test_a_threshold_belongs_to_the_stricter_side():
    thresholds = Thresholds(review=0.05, block=0.5)
    decisions = [decide(p, thresholds) for p in (0.049, 0.05, 0.499, 0.5, 1.0)]
    assert decisions == ["approve", "review", "review", "block", "block"]


def test_an_ordinary_transaction_has_no_reasons():
    assert reason_codes(features(CUSTOMER_ID_NB_TX_1DAY_WINDOW=1.0)) == []


def test_each_rule_has_its_code():
    assert reason_codes(features(TX_AMOUNT=221.0)) == ["AMOUNT_VERY_HIGH", "AMOUNT_ABOVE_HABIT"]
    assert reason_codes(features(TERMINAL_ID_RISK_30DAY_WINDOW=0.1)) == ["TERMINAL_RECENT_FRAUD"]
    busy = features(CUSTOMER_ID_NB_TX_1DAY_WINDOW=9.0, CUSTOMER_ID_NB_TX_30DAY_WINDOW=60.0)
    assert reason_codes(busy) == ["VELOCITY_HIGH"]
