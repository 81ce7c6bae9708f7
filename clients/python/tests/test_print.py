"""What a person sees who prints an answer: one line, with the number that matters."""

import re

import pytest

import epochcast
from epochcast import ask
from epochcast.answers import Evaluation, Upload
from epochcast.answers.nets import written
from epochcast.show import words

NET, PLATFORM = "RegNetY-4GF", "v100x8-paper"
COSTS = {"flops": 4_100_000_000, "params": 25_000_000, "acts": 11_000_000}


def printed(answer: object, capsys: pytest.CaptureFixture[str]) -> str:
    print(answer)
    return capsys.readouterr().out.rstrip("\n")


def test_a_prediction_prints_net_scaling_pixels_platform_time_and_interval(client, capsys):
    assert printed(client.predict(NET, "dWr:4", platform=PLATFORM), capsys) == (
        "RegNetY-4GF, dWr:4, 256 px on v100x8-paper: 20.3 min an epoch (90 %: 18.0 to 22.9 min), no warnings"
    )


def test_warnings_are_counted_and_named(client, capsys):
    line = printed(client.predict("resnet50", platform=PLATFORM), capsys)
    assert line.endswith(", 1 warning (unseen_group)")


def test_a_prediction_for_many_platforms_prints_the_fastest_and_the_slowest(client, capsys):
    answer = client.predict("resnet50")
    times = sorted((found.epoch_seconds, found.platform) for found in answer.predictions)
    line = printed(answer, capsys)
    assert line.startswith(
        f"ResNet-50, 224 px on {len(times)} platforms: {words.duration(times[0][0])} ({times[0][1]})"
    )
    assert f"to {words.duration(times[-1][0])} ({times[-1][1]}) an epoch" in line


def test_a_net_without_a_name_is_called_by_its_cost(client, capsys):
    assert printed(client.predict(COSTS, platform=PLATFORM), capsys).startswith(
        "a net of 4.1 G flops on v100x8-paper: "
    )


def test_of_one_platform_among_many_the_line_is_its_own(client, capsys):
    one = client.predict(NET).on(PLATFORM)
    assert printed(one, capsys) == "v100x8-paper: 532 s an epoch (90 %: 473 to 599 s), no warnings"
    assert printed(one.interval, capsys) == "90 %: 473 to 599 s"


def test_a_batch_prints_a_line_for_each_question(client, capsys):
    lines = printed(client.predict_many([NET, (NET, "w:2"), "nope"], platform=PLATFORM), capsys).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("RegNetY-4GF, w:2, 240 px on v100x8-paper: ")
    assert lines[2].startswith("422 /model/name: no net is called `nope`")


def test_counts_print_to_the_last_digit(client, capsys):
    assert printed(client.complexity(NET, "dWr:4"), capsys) == (
        "RegNetY-4GF, dWr:4, 256 px: 15,459,535,460 flops, 72,282,900 params, 30,702,212 acts "
        "(3.77x flops, 3.23x params, 2.12x acts)"
    )
    assert printed(client.complexity("resnet50").base, capsys) == (
        "ResNet-50 at 224 px: 4,089,185,256 flops, 25,557,032 params, 11,315,688 acts"
    )


def test_a_comparison_prints_the_fastest_way_at_the_largest_factor(client, capsys):
    answer = client.compare(NET, strategies=["d", "w"], factors=[1, 4], platform=PLATFORM)
    assert printed(answer, capsys) == (
        "RegNetY-4GF on v100x8-paper, d, w by 1 to 4: fastest is w:4, 240 px: "
        "19.1 min an epoch (90 %: 16.9 to 21.5 min), no warnings"
    )


def test_a_plan_prints_the_largest_net_and_what_stopped_it(client, capsys):
    line = printed(client.plan(NET, PLATFORM, limits={"epoch_seconds": 1800}, strategies=["d", "w"]), capsys)
    assert line.startswith("RegNetY-4GF on v100x8-paper: the largest net is w:8.")
    assert "min), stopped by epoch seconds, " in line
    assert "G flops, no warnings" in line
    assert printed(client.plan(NET, PLATFORM, limits={"acts": 1000}, strategies=["w"]), capsys) == (
        "RegNetY-4GF: no net by w: acts"
    )


def test_a_plan_with_a_target_prints_the_fastest_way_there(client, capsys):
    answer = client.plan(NET, PLATFORM, target={"flops": 1e10}, strategies=["d", "w"])
    assert printed(answer, capsys).startswith("RegNetY-4GF on v100x8-paper: the fastest way to the target is w:2.")


def test_an_explanation_prints_the_time_and_where_it_goes(client, capsys):
    line = printed(client.explain(NET, "dWr:2", platform=PLATFORM), capsys)
    assert re.match(
        r"RegNetY-4GF, dWr:2, 248 px: 13\.\d min an epoch on v100x8-paper; \d+ % of the time goes into ", line
    )


def test_an_upload_prints_its_counts_and_the_first_fault(client, capsys):
    assert printed(client.upload([], dry_run=True), capsys) == "0 accepted"
    errors = [{"line": at, "field": "/mode", "detail": "is no mode", "hint": "train or infer"} for at in (2, 5)]
    answer = Upload({"upload": 7, "accepted": 1200, "rejected": 2, "errors": errors, "doubted": []})
    assert printed(answer, capsys) == (
        "upload 7: 1,200 accepted, 2 rejected; line 2, /mode: is no mode (train or infer) and 1 more"
    )


def test_scores_print_the_best_and_the_worst(capsys):
    score = {"platform": "p", "mode": "train", "estimator": "layers", "left_out": "group", "n": 9, "covered_90": 0.9}
    answer = Evaluation({"scores": [{**score, "mape": 0.3}, {**score, "mape": 0.05}, {**score, "mape": 0.1}]})
    assert printed(answer, capsys) == (
        "3 scores, 5.0% off on p (train, layers, without group) to 30.0% off on p (train, layers, without group)"
    )


def test_every_other_answer_prints_one_line_that_is_not_its_repr(client, capsys):
    for answer in (
        client.platforms(), client.platform(PLATFORM), client.models(), client.model("resnet50"), client.strategies(),
        client.version(), client.next(PLATFORM, count=2), client.measurements(platform=PLATFORM),
        client.measurements(platform=PLATFORM)[0], client.chart("fit", platform=PLATFORM),
        client.compare(NET, factors=[1, 2]), client.plan(NET, limits={"flops": 1e10}, strategies=["w"]),
        client.compare(NET, factors=[1], platform=PLATFORM).rows[0],
    ):  # fmt: skip
        line = printed(answer, capsys)
        assert "\n" not in line
        assert "…" not in line
        assert line != repr(answer)
        assert 10 < len(line) < 500


def test_a_line_of_timings_fetches_one_page(client, capsys, monkeypatch):
    monkeypatch.setattr("epochcast.answers.timings.PAGE", 50)
    assert printed(client.measurements(platform=PLATFORM), capsys).startswith("50 timings and more, in .df and at http")


def test_an_answer_made_from_kept_json_prints_too(client, capsys):
    kept = client.predict(NET, "dWr:4", platform=PLATFORM).to_dict()
    assert printed(epochcast.Forecast(kept), capsys).startswith("RegNetY-4GF, scaled, 256 px on v100x8-paper: 20.3 min")


def test_a_repr_still_tells_the_class_and_its_fields(client):
    assert repr(client.predict(NET, platform=PLATFORM)) == "Forecast(base={…}, scaled=None, predictions=[1 …])"


@pytest.mark.parametrize("scale", ["dWr:4", "a0.7:2", "d1_w8_g8_r1:1.5"])
def test_a_scaling_reads_as_it_was_written(scale):
    assert written(ask.scaling(scale)) == scale


@pytest.mark.parametrize(
    ("low", "middle", "high", "text"),
    [
        (501.0, 590.0, 1644.0, "501 to 1,644 s"),
        (501.0, 900.0, 1644.0, "8.3 to 27.4 min"),
        (5000.0, 7300.0, 9000.0, "1.4 to 2.5 h"),
        (0.123, 0.2, 0.34567, "0.123 to 0.346 s"),
    ],
)
def test_an_interval_is_told_in_one_unit(low, middle, high, text):
    assert words.between(low, high, middle) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0.5 s"), (531.9, "532 s"), (1217.8, "20.3 min"), (18000, "5.0 h"), (None, "")]
)
def test_durations_read_as_on_the_command_line(seconds, text):
    assert words.duration(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(4_095_782_704, "4,095,782,704"), (0.0589, "0.0589"), (1052.06, "1052")])
def test_numbers_are_for_people(value, text):
    assert words.number(value) == text
