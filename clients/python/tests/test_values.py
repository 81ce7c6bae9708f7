"""What Python's, numpy's and pandas's values become."""

import datetime
import decimal
import json

import numpy as np
import pandas as pd
import pytest

from epochcast.sending.rows import each, nested
from epochcast.wire.transport import encode
from epochcast.wire.values import plain


@pytest.mark.parametrize("missing", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_what_is_missing_becomes_null(missing):
    assert json.loads(encode({"family": missing})) == {"family": None}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.int64(7), 7),
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(3), 3),
        (decimal.Decimal("1.5"), 1.5),
        (range(3), [0, 1, 2]),
        ((x for x in "ab"), ["a", "b"]),
        (pd.Series([1.5, float("nan")]), [1.5, None]),
        (pd.Timestamp("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05+00:00"),
    ],
)
def test_values_become_what_json_knows(value, wanted):
    got = plain(value)
    assert got == wanted
    assert json.loads(json.dumps(got)) == wanted


def test_whole_numbers_stay_exact():
    big = np.int64(2**62 + 1)
    assert encode(big) == str(2**62 + 1).encode()


@pytest.mark.parametrize("infinite", [float("inf"), -np.inf])
def test_infinity_is_refused_with_its_place(infinite):
    with pytest.raises(ValueError, match="/0/factor"):
        plain([{"factor": infinite}])


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match=r"/measured_at.*time zone"):
        plain({"measured_at": datetime.datetime(2026, 1, 1)})


def test_what_json_cannot_say_is_refused_with_its_place():
    with pytest.raises(TypeError, match="/model: a object"):
        plain({"model": object()})


def test_a_data_frame_gives_its_rows_without_what_is_missing():
    frame = pd.DataFrame({
        "platform": ["a", "b"], "device": ["GPU", None], "mode": "train", "name": ["ResNet-50", None],
        "flops": [np.nan, 1e9], "params": [np.nan, 1e6], "acts": [np.nan, 4e6],
        "factor": [2, np.nan], "strategy": ["dWr", None],
    })  # fmt: skip
    first, second = (nested(row) for row in each(frame))
    assert first == {
        "platform": {"id": "a", "device": "GPU"},
        "mode": "train",
        "model": {"name": "ResNet-50"},
        "scaling": {"strategy": "dWr", "factor": 2.0},
    }
    assert second == {
        "platform": "b",
        "mode": "train",
        "complexity": {"flops": 1e9, "params": 1e6, "acts": 4e6},
    }


def test_what_is_no_row_is_refused():
    with pytest.raises(TypeError, match="no row"):
        list(each(3))
