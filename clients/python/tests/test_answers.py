"""Answers of a real server as objects."""

import copy
import pickle

import matplotlib
import pytest

import epochcast
from epochcast.show import html, words

matplotlib.use("Agg")
NET, PLATFORM = "RegNetY-4GF", "v100x8-paper"


def test_a_prediction_has_its_fields_as_attributes(client):
    answer = client.predict(NET, "dWr:4", platform=PLATFORM)
    assert answer.base.complexity.flops == 4_095_782_704
    assert answer.scaled.resolution == 256
    assert answer.interval.low_seconds < answer.epoch_seconds < answer.interval.high_seconds
    assert answer.on(PLATFORM).fit.nearest[0].measurement > 0
    assert answer.prediction.warnings == answer.warnings == []
    assert sum(share.share for share in answer.prediction.fit.shares) == pytest.approx(1)


def test_without_a_platform_there_is_one_prediction_for_each(client):
    answer = client.predict("resnet50")
    assert [row["platform"] for row in answer.records()] == [found.platform for found in answer.predictions]
    assert len(answer.predictions) > 1
    with pytest.raises(ValueError, match=r"\.on\(platform\)"):
        _ = answer.epoch_seconds
    with pytest.raises(KeyError, match="no prediction for 'nowhere'"):
        answer.on("nowhere")


def test_a_misspelt_attribute_names_those_there_are(client):
    with pytest.raises(AttributeError, match=r"has no epoch_secs; it has: .*epoch_seconds"):
        _ = client.predict(NET, platform=PLATFORM).prediction.epoch_secs


def test_a_field_of_a_newer_server_is_there_too():
    answer = epochcast.Forecast({"predictions": [], "novel": {"deep": [{"er": 1}]}})
    assert answer.novel.deep[0].er == 1


def test_answers_can_be_copied_and_pickled(client):
    answer = client.predict(NET, "dWr:4", platform=PLATFORM)
    for twin in (copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
        assert twin == answer
        assert twin.url == answer.url
        assert twin.epoch_seconds == answer.epoch_seconds


def test_a_scaled_net_may_be_asked_about_again(client):
    first = client.predict(NET, "dWr:4", platform=PLATFORM)
    again = client.predict(first.scaled, platform=PLATFORM)
    assert again.base.complexity == first.scaled.complexity
    assert again.epoch_seconds == first.epoch_seconds


def test_costs_alone_are_predicted(client):
    answer = client.predict({"flops": 4.1e9, "params": 2.5e7, "acts": 1.1e7}, family="resnet", platform=PLATFORM)
    assert answer.base.model is None
    assert answer.url is None
    assert answer.epoch_seconds > 0


def test_many_questions_get_answers_and_problems_in_order(client):
    right, scaled, wrong = client.predict_many(["resnet50", (NET, "dWr:4"), "no such net"], platform=PLATFORM)
    assert right.base.name == "ResNet-50"
    assert scaled.scaled.ratios.flops == pytest.approx(3.77, abs=0.01)  # two decimals, as the README prints it
    assert isinstance(wrong, epochcast.Problem)
    assert wrong.errors[0].pointer == "/model/name"


def test_layers_come_where_they_are_asked_for(client):
    net = client.complexity("resnet50", layers=True).base
    assert sum(layer.flops for layer in net.layers) == net.complexity.flops
    assert client.complexity("resnet50").base.layers is None


def test_stages_come_where_they_are_asked_for(client):
    answer = client.complexity("resnet50", "w:4", stages=True)
    assert sum(stage.flops for stage in answer.scaled.stages) == answer.scaled.complexity.flops
    assert str(answer.base.stages[1]) == "stage 1: 56x56, 256 channels, 10 layers"
    assert str(answer.scaled.stages[1]) == "stage 1: 56x56, 512 channels, 10 layers"
    assert client.complexity("resnet50").base.stages is None


def test_data_frames_are_made_when_they_are_touched(client):
    frame = client.predict("resnet50").df
    assert {"platform", "epoch_seconds", "low_seconds", "high_seconds", "warnings"} <= set(frame.columns)
    assert list(client.complexity(NET, "dWr:4").df["net"]) == ["base", "scaled"]
    assert {"flops", "resolution"} <= set(client.models().df.columns)
    assert "dWr" in set(client.strategies().df["name"])
    scores = client.evaluation().df
    # The paper's line through two timings alone may be off by more than all of the time, and says so.
    assert (scores["mape"] > 0).all()
    assert (scores.loc[scores["estimator"] == "layers", "mape"] < 0.5).all()
    assert client.platforms().df.set_index("id").loc[PLATFORM, "train"] == 187


def test_lists_have_a_length_and_an_order(client):
    platforms = client.platforms()
    assert len(platforms) == len(list(platforms))
    assert platforms[0].id == platforms.platforms[0].id
    assert client.platform(PLATFORM).fits[0].all.n == 187
    assert client.model("resnet50").name == "ResNet-50"


def test_measurements_are_fetched_as_they_are_looked_at(client):
    found = client.measurements(platform=PLATFORM, mode="train")
    assert [row.label for row in found.first(2)] == ["EfficientNet-B0 dwr x0.5", "EfficientNet-B0 dwr x1"]
    assert len(found) == len(found.df) == 187
    assert found.df["flops"].min() > 0
    everything = client.measurements()
    assert len({row.id for row in everything}) == len(everything) >= 954


def test_measurements_of_more_than_a_page_come_once_each(client, monkeypatch):
    monkeypatch.setattr("epochcast.answers.timings.PAGE", 50)
    found = client.measurements(platform=PLATFORM)
    assert len({row.id for row in found}) == len(found) == 187


def test_the_server_and_the_package_are_of_one_release(client):
    assert client.version().version == epochcast.__version__


def test_urls_lead_to_the_dashboard(client, server):
    answer = client.predict(NET, "dWr:4", platform=PLATFORM)
    assert answer.url == f"{server.url}/explore?model={NET}&strategy=dWr&factor=4.0&platform={PLATFORM}"
    assert client.platform(PLATFORM).url == f"{server.url}/platforms/{PLATFORM}"


def test_a_comparison_has_a_row_for_each_way_and_factor(client):
    answer = client.compare(NET, strategies=["d", "dWr"], alphas=(0.5,), factors=[1, 4], platform=PLATFORM)
    assert [(row.way, row.factor) for row in answer.rows] == [
        (way, factor) for way in ("d", "dWr", "a0.5") for factor in (1, 4)
    ]
    frame = answer.df.set_index(["way", "factor"])
    assert frame.loc[("dWr", 4), "epoch_seconds"] < frame.loc[("d", 4), "epoch_seconds"]
    assert frame.loc[("dWr", 4), "flops"] == 15_459_535_460
    assert [(name, len(points)) for name, points in answer.lines()] == [("d", 2), ("dWr", 2), ("a0.5", 2)]
    assert len(answer.plot(y="acts").get_lines()) == 3
    assert "<polyline" in answer._repr_html_()


def test_a_comparison_says_which_ways_the_net_cannot_take(client):
    answer = client.compare("swin_tiny_patch4_window7_224", strategies=["r", "w"], factors=[2, 4], platform=PLATFORM)
    assert [row.way for row in answer.rows] == ["w", "w"]
    (out,) = answer.left_out
    assert (out.strategy, out.alpha, out.factors) == ("r", None, [2, 4])
    assert out.reason.startswith("this net takes images of 224 pixels")
    assert "left out in whole or in part: r (see left_out)" in str(answer)
    assert "not by r:2, 4: this net takes" in answer._repr_html_()
    planned = client.plan("swin_tiny_patch4_window7_224", PLATFORM, limits={"flops": 2e10}, strategies=["r", "w"])
    assert "no net by r: net size (this net takes" in planned._repr_html_()


def test_a_range_of_factors_is_a_mapping(client):
    answer = client.compare(NET, strategies=["w"], factors={"from": 1, "to": 16, "steps": 5}, platform=PLATFORM)
    assert [row.factor for row in answer.rows] == pytest.approx([1, 2, 4, 8, 16])


def test_a_chart_is_the_servers_drawing_with_its_numbers(client):
    chart = client.chart("fit", platform=PLATFORM, mode="train", x="acts")
    assert chart._repr_html_().startswith("<svg")
    assert chart.url.endswith(f"/v1/charts/fit.svg?platform={PLATFORM}&mode=train&x=acts")
    assert len(chart.df) == 187


def test_plots_show_every_platform(client):
    answer = client.predict("resnet50")
    ax = answer.plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == [found.platform for found in answer.predictions]


def test_a_plan_has_the_largest_net_of_each_way_and_what_stopped_it(client):
    answer = client.plan(NET, PLATFORM, limits={"epoch_seconds": 1800}, strategies=["w", "dWr"])
    assert [(row["way"], row["limited_by"]) for row in answer.records()] == [
        ("w", "epoch_seconds"), ("dWr", "epoch_seconds"),
    ]  # fmt: skip
    assert all(1700 < seconds <= 1800 for seconds in answer.df["epoch_seconds"])
    assert (answer.left_out, answer.mix, answer.front) == ([], None, None)
    assert len(answer.plot().patches) == 2
    card = answer._repr_html_()
    assert card.count("<circle") == 2
    assert words.duration(answer.options[0].predictions[0].interval.high_seconds) in card


def test_a_plan_names_the_ways_that_lead_nowhere_and_the_free_mix(client):
    nowhere = client.plan(NET, PLATFORM, limits={"acts": 1000}, strategies=["w"])
    assert (nowhere.options, nowhere.left_out[0].limited_by) == ([], "acts")
    assert nowhere.df.empty
    assert "no net by w: acts" in nowhere._repr_html_()
    mixed = client.plan(NET, PLATFORM, limits={"epoch_seconds": 1800}, strategies=["dWr"], free_mix=True)
    assert list(mixed.df["way"]) == ["dWr", "mix"]
    assert mixed.front.flops[0].epoch_seconds > 0


def test_a_plan_with_a_target_finds_the_fastest_first(client):
    answer = client.plan(NET, PLATFORM, target={"flops": 16e9}, strategies=["d", "w"])
    assert list(answer.df["way"]) == ["w", "d"]
    assert (answer.df["flops"] >= 16e9).all()


def test_an_explanation_has_the_shares_of_stages_and_kinds(client):
    answer = client.explain(NET, "dWr:4", platform=PLATFORM)
    one = answer.on(PLATFORM)
    assert answer.sentence == one.sentence
    frame = answer.df
    for by in ("stage", "kind"):
        shares = frame.loc[frame["by"] == by, "share"]
        assert shares.sum() + one.constant_share == pytest.approx(1)
    assert set(frame.loc[frame["by"] == "stage", "name"]) >= {"stem", "stage 1", "head"}
    assert one.remedies[0].time_saved_per_flop_saved >= one.remedies[-1].time_saved_per_flop_saved
    assert len(answer.plot().patches) == len(one.stages)
    assert html.escape(one.sentence) in answer._repr_html_()
    with pytest.raises(KeyError, match="nothing of 'nowhere'"):
        answer.on("nowhere")


def test_growth_of_costs_is_drawn(client):
    answer = client.complexity(NET, "dWr:4")
    assert [bar.get_height() for bar in answer.plot().patches] == list(answer.scaled.ratios.to_dict().values())
    assert answer._repr_html_().count("<rect") == 3
    assert "<svg" not in client.complexity(NET)._repr_html_()


def test_timings_are_drawn_a_colour_for_each_group(client):
    ax = client.measurements(platform=PLATFORM).plot(x="flops")
    assert sorted(line.get_label() for line in ax.get_lines()) == ["efficientnet", "regnety", "regnetz"]
    assert sum(len(line.get_xdata()) for line in ax.get_lines()) == 187


def test_a_platform_shows_how_time_goes_with_each_cost(client):
    frame = client.platform(PLATFORM).df.set_index("group")
    # Of the fit over all of the paper's nets, to three decimals, as the server's own tests have it.
    assert [round(frame.loc["all", name], 3) for name in ("n", "r_flops", "r_params", "r_acts")] == [
        187, 0.746, 0.568, 0.944,
    ]  # fmt: skip
    assert "Tesla V100" in client.platform(PLATFORM)._repr_html_()
