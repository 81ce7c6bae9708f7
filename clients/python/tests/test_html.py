"""Cards: complete, well-formed, without script, and escaped."""

from html.parser import HTMLParser

import pytest

import epochcast
from epochcast.answers import Answer, Upload
from epochcast.show import html, words

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
VOID = {"rect", "line", "circle", "path", "polyline"}


class Elements(HTMLParser):
    """All elements with their attributes; closed in the order they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.stack: list[str] = []
        self.feed(text)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def check(card: str) -> Elements:
    elements = Elements(card)
    for tag, attributes in elements.found:
        assert tag not in {"script", "img", "iframe", "object", "style", "link"}
        assert not any(name.startswith("on") for name in attributes)
        assert not attributes.get("href", "").startswith("javascript:")
    return elements


def evil_forecast() -> epochcast.Forecast:
    costs = {"flops": 1, "params": 1, "acts": 1}
    prediction = {
        "platform": EVIL, "mode": EVIL, "epoch_seconds": 1.0, "images_per_second": 1.0, "base_epoch_seconds": None,
        "interval": {"level": 0.9, "low_seconds": 0.5, "high_seconds": 2.0},
        "warnings": [{"code": "x", "detail": EVIL}],
    }  # fmt: skip
    raw = {"base": {"name": EVIL, "model": None, "complexity": costs}, "scaled": None, "predictions": [prediction]}
    return epochcast.Forecast(raw, "javascript:alert(1)")


def test_names_from_outside_are_text_in_a_card():
    elements = check(evil_forecast()._repr_html_())
    assert elements.texts.count(EVIL) >= 3
    assert not any(tag == "a" for tag, _ in elements.found)


@pytest.mark.parametrize(
    "answer",
    [
        Answer({EVIL: EVIL, "b": [EVIL]}),
        Upload({"accepted": 1, "errors": [{"line": 1, "field": EVIL, "detail": EVIL, "hint": EVIL}],
                "doubted": [{"line": 1, "reason": EVIL}]}),
    ],
)  # fmt: skip
def test_no_answer_lets_markup_through(answer):
    check(answer._repr_html_())


def test_every_card_of_a_real_server_is_well_formed(client):
    for answer in (
        client.predict("RegNetY-4GF", "dWr:4"), client.complexity("resnet50", "dWr:2"), client.platforms(),
        client.platform("v100x8-paper"), client.models(), client.strategies(), client.evaluation(), client.version(),
        client.calibration(), client.measurements(), client.model("resnet50"),
        client.compare("resnet50", factors=[1, 2]),
        client.predict("resnet50", platform="v100x8-paper"), client.explain("RegNetY-4GF", "dWr:2"),
        client.plan("RegNetY-4GF", "v100x8-paper", limits={"flops": 1e10}), client.next("v100x8-paper", count=2),
        client.upload([], dry_run=True),
    ):  # fmt: skip
        check(answer._repr_html_())


def test_a_card_shows_numbers_interval_warnings_and_a_drawing(client):
    card = client.predict("resnet50", platform="v100x8-paper")._repr_html_()
    answer = client.predict("resnet50", platform="v100x8-paper")
    assert "4,089,185,256" in card
    assert words.duration(answer.epoch_seconds) in card
    assert words.duration(answer.interval.high_seconds) in card
    assert html.escape(answer.warnings[0].detail) in card
    assert 'role="img"' in card
