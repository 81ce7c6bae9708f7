"""The client: one method for each thing that a server answers."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Optional, TypeVar, Union

from . import answers, ask
from .errors import problem
from .sending.queue import Queue
from .sending.rows import Rows
from .sending.upload import file_sent, queued_sent, rows_sent, rows_sent_by_queue
from .wire.transport import Again, Transport, segment

Named = Union[str, Mapping[str, str]]
Platforms = Union[Named, Sequence[Named], None]
Mode = Literal["train", "infer"]
OnError = Literal["abort", "skip"]
Factors = Union[Iterable[float], Mapping[str, Any], None]

DEFAULT_URL = "http://127.0.0.1:8080"
BATCH = 1000
Answer = TypeVar("Answer", bound=answers.Answer)


class Client:
    """A server to ask.

    `url` is where it is (else EPOCHCAST_URL, else http://127.0.0.1:8080), `token` what writing takes (else
    EPOCHCAST_TOKEN). `timeout` is the longest silence, and `patience` how long requests are tried again in all, both in
    seconds. With `queue`, a directory, rows that are sent wait on disk until a server has taken them.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        token: Optional[str] = None,
        *,
        timeout: float = 60.0,
        patience: float = 30.0,
        queue: Union[str, "os.PathLike[str]", Queue, None] = None,
    ) -> None:
        url = url or os.environ.get("EPOCHCAST_URL") or DEFAULT_URL
        token = token or os.environ.get("EPOCHCAST_TOKEN")
        self._http = Transport(url, token, timeout=timeout, patience=patience)
        self.queue = queue if queue is None or isinstance(queue, Queue) else Queue(queue)

    @property
    def url(self) -> str:
        """Where the server is."""
        return self._http.url

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    # What can be asked

    def predict(
        self,
        model: Any,
        scale: ask.Scale = None,
        *,
        platform: Platforms = None,
        mode: Optional[Mode] = None,
        dataset_images: Optional[int] = None,
        batch_size: Optional[int] = None,
        interval: Optional[float] = None,
        estimator: Optional[str] = None,
        family: Optional[str] = None,
        resolution: Optional[int] = None,
        **more: Any,
    ) -> answers.Forecast:
        """How long an epoch of `model`, scaled by `scale`, takes.

        `model` is a name, a description, the costs `{"flops", "params", "acts"}`, a file of these (`.json`), of pycls
        (`.yaml`) or of ONNX (`.onnx`), a net out of an answer, a graph, or a torch module; `scale` is `"dWr:4"`,
        `"a0.7:2"` or a mapping. `platform` is an id, `"gpu:h100"`, `{"gpu": "h100", "precision": "bf16"}`, or a list of
        these; without it, it is for each platform that has timings.
        """
        how = {
            "platform": platform,
            "mode": mode,
            "dataset_images": dataset_images,
            "batch_size": batch_size,
            "interval": interval,
            "estimator": estimator,
            "family": family,
            **more,
        }
        return self._ask(answers.Forecast, "/v1/predict", ask.question(model, resolution, scale, how))

    def predict_many(self, questions: Iterable[Any], **shared: Any) -> answers.Batch:
        """Predictions for many nets; the wrong ones give a Problem in their place and spoil no other.

        Each question is a model, a pair `(model, scale)`, or a mapping as it goes over HTTP; `shared` (`platform`,
        `mode`…) holds for all.
        """
        asked = [ask.one_of_many(question, shared) for question in questions]
        found = answers.Batch()
        for start in range(0, len(asked), BATCH):
            some = asked[start : start + BATCH]
            raws = self._http.ask("/v1/predict/batch", {"items": some})["items"]
            for raw, question in zip(raws, some):
                wrong = "status" in raw
                page = self._explore(question)
                found.append(problem(raw["status"], raw) if wrong else answers.Forecast(raw, page, question))
        return found

    def complexity(
        self,
        model: Any,
        scale: ask.Scale = None,
        *,
        layers: bool = False,
        stages: bool = False,
        resolution: Optional[int] = None,
    ) -> answers.Complexity:
        """What `model`, scaled by `scale`, costs; with `layers` or `stages`, one by one."""
        question = ask.question(model, resolution, scale, {"layers": layers or None, "stages": stages or None})
        return self._ask(answers.Complexity, "/v1/complexity", question)

    def compare(
        self,
        model: Any,
        *,
        strategies: Optional[Iterable[str]] = None,
        alphas: Optional[Iterable[float]] = None,
        factors: Factors = None,
        platform: Platforms = None,
        mode: Optional[Mode] = None,
        resolution: Optional[int] = None,
        **more: Any,
    ) -> answers.Comparison:
        """`model` scaled in many ways by many factors.

        `factors` are numbers or `{"from": 1, "to": 64, "steps": 13}`.
        """
        how = {
            "strategies": strategies,
            "alphas": alphas,
            "factors": factors,
            "platform": platform,
            "mode": mode,
            **more,
        }
        return self._ask(answers.Comparison, "/v1/compare", ask.question(model, resolution, None, how))

    def plan(
        self,
        model: Any,
        platform: Platforms = None,
        *,
        limits: Optional[Mapping[str, float]] = None,
        target: Optional[Mapping[str, float]] = None,
        strategies: Optional[Iterable[str]] = None,
        use: Optional[Literal["predicted", "high"]] = None,
        mode: Optional[Mode] = None,
        resolution: Optional[int] = None,
        **more: Any,
    ) -> answers.Plan:
        """For each way to scale, the largest net within `limits` (`epoch_seconds`, `flops`, `params`, `acts`, …).

        With `target` (`{"flops": 4e9}`, say) it is the smallest net that reaches it, the fastest way first.
        """
        how = {
            "platform": platform,
            "limits": limits,
            "target": target,
            "strategies": strategies,
            "use": use,
            "mode": mode,
            **more,
        }
        return self._ask(answers.Plan, "/v1/plan", ask.question(model, resolution, None, how))

    def explain(
        self,
        model: Any,
        scale: ask.Scale = None,
        *,
        platform: Platforms = None,
        mode: Optional[Mode] = None,
        resolution: Optional[int] = None,
        **more: Any,
    ) -> answers.Explanation:
        """Where the time of `model` goes, stage by stage."""
        how = {"platform": platform, "mode": mode, **more}
        return self._ask(answers.Explanation, "/v1/explain", ask.question(model, resolution, scale, how))

    # What the server knows

    def platforms(self) -> answers.Platforms:
        """All platforms."""
        return self._get(answers.Platforms, "/v1/platforms")

    def platform(self, id: str) -> answers.Platform:  # noqa: A002, the field's name
        """One platform with its fits."""
        path = f"/platforms/{segment(id)}"
        return answers.Platform(self._http.get(f"/v1{path}"), self._http.address(path))

    def next(self, platform: str, *, mode: Optional[Mode] = None, count: Optional[int] = None) -> answers.Next:
        """Which nets to time next on `platform`, those first that teach its fit most."""
        path = f"/v1/platforms/{segment(platform)}/next"
        return self._get(answers.Next, path, {"mode": mode, "count": count})

    def measurements(
        self,
        *,
        platform: Optional[str] = None,
        mode: Optional[Mode] = None,
        label: Optional[str] = None,
        upload: Optional[int] = None,
        quarantined: Optional[bool] = None,
    ) -> answers.Measurements:
        """The timings behind the fits, fetched as they are looked at."""
        filters = {"platform": platform, "mode": mode, "label": label, "upload": upload, "quarantined": quarantined}
        return answers.Measurements(self._http, filters)

    def models(self) -> answers.Models:
        """All nets that have a name."""
        return self._get(answers.Models, "/v1/models")

    def model(self, name: str) -> answers.Model:
        """One named net with its description and layers."""
        path = f"/v1/models/{segment(name)}"
        return answers.Model(self._http.get(path), self._http.address("/explore", {"model": name}))

    def strategies(self) -> answers.Strategies:
        """The named strategies."""
        return self._get(answers.Strategies, "/v1/strategies")

    def evaluation(self) -> answers.Evaluation:
        """How far predictions are off for what was left out of the fits."""
        return self._get(answers.Evaluation, "/v1/evaluation")

    def calibration(self, platform: Optional[str] = None) -> answers.Calibration:
        """How often intervals held of timings that were predicted before they were learnt: of `platform`, or of all."""
        return self._get(answers.Calibration, "/v1/calibration", {"platform": platform})

    def audit(self, *, before: Optional[int] = None) -> answers.Audit:
        """Who did what, the newest first, a hundred at a time; `before` is `next` of the page before.

        Takes a token of scope `admin`.
        """
        return self._get(answers.Audit, "/v1/audit", {"before": before})

    def version(self) -> answers.Release:
        """The server's release, and the version of its data."""
        return self._get(answers.Release, "/v1/version")

    def chart(self, name: str, **query: Any) -> answers.Chart:
        """A chart that the server draws: `client.chart("fit", platform="v100x8-paper", x="acts")`."""
        path = f"/v1/charts/{'/'.join(segment(part) for part in name.split('/'))}"
        url, csv = self._http.address(f"{path}.svg", query), self._http.address(f"{path}.csv", query)
        return answers.Chart({"svg": self._http.text(f"{path}.svg", query), "csv_url": csv}, url)

    # Sending timings

    def upload(
        self,
        rows: Union[Rows, str, "os.PathLike[str]"],
        *,
        on_error: OnError = "abort",
        dry_run: bool = False,
        progress: Optional[bool] = None,
    ) -> answers.Upload:
        """Sends timings: a row, rows, a DataFrame, or the path of a file (see `upload_file`).

        A wrong row is a Problem and nothing is stored, unless `on_error` is `skip`. Sent again, rows count as
        duplicates, so a failed upload is tried again, and may be by hand. With a queue, rows that nobody takes wait
        there.
        """
        if isinstance(rows, (str, os.PathLike)):
            return self.upload_file(rows, on_error=on_error, dry_run=dry_run, progress=progress)
        if self.queue is not None and not dry_run:
            return rows_sent_by_queue(self._http, self.queue, self, rows)
        return rows_sent(self._http, rows, {"on_error": on_error, "dry_run": dry_run or None}, progress)

    def upload_file(
        self,
        path: Union[str, "os.PathLike[str]"],
        *,
        platform: Optional[str] = None,
        net: Optional[str] = None,
        on_error: Optional[OnError] = None,
        dry_run: bool = False,
        progress: Optional[bool] = None,
    ) -> answers.Upload:
        """Sends a file as it is: CSV, NDJSON or JSON of rows, timm's benchmark files, pycls's logs; also with `.gz`."""
        query = {"platform": platform, "net": net, "on_error": on_error, "dry_run": dry_run or None}
        return file_sent(self._http, Path(path), query, progress)

    def send_queued(self) -> answers.Upload:
        """Sends what waits in the queue; rows that the server refuses go to its folder `refused`."""
        if self.queue is None:
            raise ValueError("this client has no queue: Client(queue=DIRECTORY)")
        return queued_sent(self._http, self.queue, self)

    def remove_upload(self, upload: int) -> answers.Answer:
        """Takes the rows of an upload out of the fits; `restore_upload` puts them back."""
        return answers.Answer(self._http.send("DELETE", f"/v1/uploads/{upload}", again=Again.UNSENT))

    def restore_upload(self, upload: int) -> answers.Answer:
        """Puts the rows of an upload back."""
        return answers.Answer(self._http.send("POST", f"/v1/uploads/{upload}/restore", again=Again.UNSENT))

    def release(self, upload: Optional[int] = None, *, measurement: Optional[int] = None, reason: str) -> answers.Ruled:
        """Puts an upload, or one measurement, into the fits for good, whatever the other timings let expect.

        Takes a token of scope `admin`; others read the `reason` in `audit()`. `hold` does the opposite.
        """
        return self._ruled("release", upload, measurement, reason)

    def hold(self, upload: Optional[int] = None, *, measurement: Optional[int] = None, reason: str) -> answers.Ruled:
        """Holds an upload, or one measurement, out of the fits until somebody releases it, likewise."""
        return self._ruled("hold", upload, measurement, reason)

    def _ruled(self, how: str, upload: Optional[int], measurement: Optional[int], reason: str) -> answers.Ruled:
        if (upload is None) == (measurement is None):
            raise ValueError(
                f"{how} takes an upload or a measurement: {how}(7, reason=…) or {how}(measurement=7, reason=…)"
            )
        what = f"measurements/{measurement}" if upload is None else f"uploads/{upload}"
        body = json.dumps({"reason": reason}).encode()
        sent = self._http.send(
            "POST", f"/v1/{what}/{how}", body=body, content_type="application/json", again=Again.UNSENT
        )
        return answers.Ruled(sent)

    def _ask(self, kind: type[Answer], path: str, question: dict[str, Any]) -> Answer:
        onnx = question.get(ask.ONNX)
        if onnx is None:
            return kind(self._http.ask(path, question), self._explore(question), question)
        raw = self._http.send_file(path, Path(onnx), "application/onnx", ask.beside(question))
        return kind(raw, None, question)

    def _get(self, kind: type[Answer], path: str, query: Optional[Mapping[str, Any]] = None) -> Answer:
        return kind(self._http.get(path, query), self._http.address(path, query))

    def _explore(self, question: Mapping[str, Any]) -> Optional[str]:
        """The page of the dashboard that shows the answer to `question`."""
        model, scale = question.get("model"), question.get("scaling") or {}
        # A graph is too long for an address.
        if model is None or model.get("family") == "graph":
            return None
        named = set(model) == {"name"}
        form = {name: scale[name] for name in ("strategy", "alpha", "factor") if name in scale}
        net = {"model": model["name"]} if named else {"spec": model}
        where = {name: question.get(name) for name in ("platform", "mode")}
        return self._http.address("/explore", {**net, **form, **where})
