"""How often intervals held, and what people decide of timings."""

import pytest
from support import Server, rows

import epochcast


@pytest.fixture(scope="module")
def admin(server: Server) -> epochcast.Client:
    return epochcast.Client(server.url, server.token("admin", "admin"), patience=5)


def test_calibration_counts_what_was_predicted_before_it_was_learnt(client):
    client.upload(rows(30, "calibrated"))
    assert client.calibration("calibrated").all.ever.rows == 0
    assert str(client.calibration("calibrated").all.ever) == "no timings yet"
    more = rows(40, "calibrated")[30:]
    answer = client.upload(more)
    assert (answer.accepted, answer.impact["fits"][0]["foretold"]["rows"]) == (10, 10)
    told = client.calibration("calibrated")
    assert (told.all.measurements, told.all.ever.rows) == (40, 10)
    assert 0 <= told.all.ever.covered_90 <= 1
    assert [fit.platform for fit in told] == ["calibrated"]
    assert str(told[0]).startswith("calibrated (train): 90 % intervals held")
    assert list(told.df["period"])[:2] == ["lately", "ever"]
    assert set(told.df["platform"]) == {"all", "calibrated"}
    with pytest.raises(epochcast.Problem, match="calibratet"):
        client.calibration("calibratet")


def test_an_administrator_holds_and_releases_and_the_log_has_the_reason(admin, client):
    upload = client.upload(rows(3, "decided")).upload
    held = admin.hold(upload, reason="timed while the machine was busy")
    assert (held.measurements, held.moved) == (3, 3)
    assert len(client.measurements(platform="decided", quarantined=True)) == 3
    one = client.measurements(platform="decided")[0].id
    assert admin.release(measurement=one, reason="this one was not").moved == 1
    assert len(client.measurements(platform="decided", quarantined=True)) == 2
    log = admin.audit()
    assert [(entry.action, entry.reason) for entry in log[:2]] == [
        ("release", "this one was not"),
        ("hold", "timed while the machine was busy"),
    ]
    assert "this one was not" in str(log)
    earlier = admin.audit(before=log[1].id)
    assert all(entry.id < log[1].id for entry in earlier)


def test_a_decision_takes_one_thing_and_an_administrator(admin, client):
    with pytest.raises(ValueError, match="upload or a measurement"):
        admin.hold(reason="nothing")
    with pytest.raises(ValueError, match="upload or a measurement"):
        admin.release(1, measurement=2, reason="both")
    with pytest.raises(epochcast.Problem) as refused:
        client.hold(1, reason="may not")
    assert refused.value.status == 403
