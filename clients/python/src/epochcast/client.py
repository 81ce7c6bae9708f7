"""The client: one method for each thing that a server answers."""

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Optional, Union

from . import answers, ask
from .errors import Busy, Problem, Unreachable, problem
from .sending.queue import Queue, rows_in
from .sending.rows import Part, Rows, parts
from .show.progress import Progress
from .wire.transport import Again, Transport, segment

Platforms = Union[str, Sequence[str], None]
Mode = Literal["train", "infer"]
OnError = Literal["abort", "skip"]
Factors = Union[Iterable[float], Mapping[str, Any], None]

DEFAULT_URL = "http://127.0.0.1:8080"
BATCH = 1000
_KINDS = {
    ".csv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".json": "application/json",
    ".log": "text/plain",
    ".txt": "text/plain",
}


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

        `model` is a name, a description, the costs `{"flops", "params", "acts"}`, a file of these (`.json`) or of pycls
        (`.yaml`), a net out of an answer, or a torch module; `scale` is `"dWr:4"`, `"a0.7:2"` or a mapping. Without
        `platform`, it is for each platform that has timings.
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
        question = _question(ask.net(model, resolution), scale, how)
        return answers.Forecast(self._http.ask("/v1/predict", question), self._explore(question), question)

    def predict_many(self, questions: Iterable[Any], **shared: Any) -> answers.Batch:
        """Predictions for many nets; the wrong ones give a Problem in their place and spoil no other.

        Each question is a model, a pair `(model, scale)`, or a mapping as it goes over HTTP; `shared` (`platform`,
        `mode`…) holds for all.
        """
        asked = [_one_of_many(question, shared) for question in questions]
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
        self, model: Any, scale: ask.Scale = None, *, layers: bool = False, resolution: Optional[int] = None
    ) -> answers.Complexity:
        """What `model`, scaled by `scale`, costs; with `layers`, layer by layer."""
        question = _question(ask.net(model, resolution), scale, {"layers": layers or None})
        return answers.Complexity(self._http.ask("/v1/complexity", question), self._explore(question), question)

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
        question = _question(ask.net(model, resolution), None, how)
        return answers.Comparison(self._http.ask("/v1/compare", question), self._explore(question), question)

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
        question = _question(ask.net(model, resolution), None, how)
        return answers.Plan(self._http.ask("/v1/plan", question), self._explore(question), question)

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
        question = _question(ask.net(model, resolution), scale, {"platform": platform, "mode": mode, **more})
        return answers.Explanation(self._http.ask("/v1/explain", question), self._explore(question), question)

    # What the server knows

    def platforms(self) -> answers.Platforms:
        """All platforms."""
        return answers.Platforms(self._http.get("/v1/platforms"), self._http.address("/v1/platforms"))

    def platform(self, id: str) -> answers.Platform:  # noqa: A002, the field's name
        """One platform with its fits."""
        path = f"/platforms/{segment(id)}"
        return answers.Platform(self._http.get(f"/v1{path}"), self._http.address(path))

    def next(self, platform: str, *, mode: Optional[Mode] = None, count: Optional[int] = None) -> answers.Next:
        """Which nets to time next on `platform`, those first that teach its fit most."""
        path = f"/v1/platforms/{segment(platform)}/next"
        query = {"mode": mode, "count": count}
        return answers.Next(self._http.get(path, query), self._http.address(path, query))

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
        filters = {
            "platform": platform,
            "mode": mode,
            "label": label,
            "upload": upload,
            "quarantined": quarantined,
        }
        return answers.Measurements(self._http, filters)

    def models(self) -> answers.Models:
        """All nets that have a name."""
        return answers.Models(self._http.get("/v1/models"), self._http.address("/v1/models"))

    def model(self, name: str) -> answers.Model:
        """One named net with its description and layers."""
        path = f"/v1/models/{segment(name)}"
        return answers.Model(self._http.get(path), self._http.address("/explore", {"model": name}))

    def strategies(self) -> answers.Strategies:
        """The named strategies."""
        return answers.Strategies(self._http.get("/v1/strategies"), self._http.address("/v1/strategies"))

    def evaluation(self) -> answers.Evaluation:
        """How far predictions are off for what was left out of the fits."""
        return answers.Evaluation(self._http.get("/v1/evaluation"), self._http.address("/v1/evaluation"))

    def version(self) -> answers.Release:
        """The server's release, and the version of its data."""
        return answers.Release(self._http.get("/v1/version"), self._http.address("/v1/version"))

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
            return self._by_queue(self.queue, rows)
        query = {"on_error": on_error, "dry_run": dry_run or None}
        answered = []
        for part in parts(rows):
            with part:
                raw = self._send_rows(part, query, progress)
                answered.append(_shifted(raw, part.first))
        return self._sum(answered)

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
        path = Path(path)
        query = {"platform": platform, "net": net, "on_error": on_error, "dry_run": dry_run or None}
        named = path.name[:-3] if path.suffix == ".gz" else path.name
        kind = _KINDS.get(Path(named).suffix.lower(), "text/plain")
        with path.open("rb") as file:
            raw = self._send_body(
                file,
                {**query, "file_name": named},
                kind,
                f"sending {path.name}",
                progress,
                gzip=path.suffix == ".gz",
            )
        return self._sum([raw])

    def send_queued(self) -> answers.Upload:
        """Sends what waits in the queue; rows that the server refuses go to its folder `refused`."""
        if self.queue is None:
            raise ValueError("this client has no queue: Client(queue=DIRECTORY)")
        return self._sum([_raw_of(self.queue, path, answer) for path, answer in self.queue.send(self)])

    def remove_upload(self, upload: int) -> answers.Answer:
        """Takes the rows of an upload out of the fits; `restore_upload` puts them back."""
        return answers.Answer(self._http.send("DELETE", f"/v1/uploads/{upload}", again=Again.UNSENT))

    def restore_upload(self, upload: int) -> answers.Answer:
        """Puts the rows of an upload back."""
        return answers.Answer(self._http.send("POST", f"/v1/uploads/{upload}/restore", again=Again.UNSENT))

    def _by_queue(self, queue: Queue, rows: Rows) -> answers.Upload:
        mine = queue.add(rows)
        answered = []
        refused: Optional[Problem] = None
        try:
            for path, answer in queue.send(self):
                if path not in mine:
                    continue
                if isinstance(answer, Problem):
                    refused = answer
                    break
                answered.append(answer.to_dict())
        except (Unreachable, Problem) as error:
            if isinstance(error, Problem) and error.status < 500 and not isinstance(error, Busy):
                raise
            waiting = sum(rows_in(path) for path in mine if path.exists())
            warnings.warn(f"{waiting} rows wait in {queue.directory}: {error}", stacklevel=3)
            answered.append({"queued": waiting})
        if refused is not None:
            raise refused
        return self._sum(answered)

    def _send_rows(self, part: Part, query: Mapping[str, Any], progress: Optional[bool]) -> dict[str, Any]:
        what = f"sending {part.rows:,} rows"
        return self._send_body(part.file, query, "application/x-ndjson", what, progress, gzip=True)

    def _send_body(
        self,
        file: IO[bytes],
        query: Mapping[str, Any],
        kind: str,
        what: str,
        progress: Optional[bool],
        *,
        gzip: bool,
    ) -> dict[str, Any]:
        size = file.seek(0, os.SEEK_END)
        headers = {"Content-Length": str(size), **({"Content-Encoding": "gzip"} if gzip else {})}
        with Progress(what, size / 1e6, progress, " MB") as shown:
            answer: dict[str, Any] = self._http.send(
                "POST",
                "/v1/measurements",
                query=query,
                body=_Told(file, shown),
                content_type=kind,
                headers=headers,
                # A row that has arrived already counts as a duplicate.
                again=Again.SAFE,
            )
        return answer

    def _sum(self, raws: list[dict[str, Any]]) -> answers.Upload:
        total: dict[str, Any] = {"upload": None}
        for name in ("accepted", "duplicates", "quarantined", "rejected", "queued"):
            total[name] = sum(raw.get(name) or 0 for raw in raws)
        total.update({"errors": [], "doubted": [], "uploads": []})
        for raw in raws:
            total["errors"] += raw.get("errors") or []
            total["doubted"] += raw.get("doubted") or []
            total["uploads"] += [raw["upload"]] if raw.get("upload") is not None else raw.get("uploads") or []
        total["upload"] = total["uploads"][-1] if total["uploads"] else None
        url = None if total["upload"] is None else self._http.address(f"/v1/uploads/{total['upload']}")
        return answers.Upload(total, url)

    def _explore(self, question: Mapping[str, Any]) -> Optional[str]:
        """The page of the dashboard that shows the answer to `question`."""
        model, scale = question.get("model"), question.get("scaling") or {}
        if model is None:
            return None
        named = set(model) == {"name"}
        form = {name: scale[name] for name in ("strategy", "alpha", "factor") if name in scale}
        net = {"model": model["name"]} if named else {"spec": model}
        where = {name: question.get(name) for name in ("platform", "mode")}
        return self._http.address("/explore", {**net, **form, **where})


class _Told:
    """A file that tells how far it has been read."""

    def __init__(self, file: IO[bytes], shown: Progress) -> None:
        self._file, self._shown = file, shown

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._shown.at(self._file.tell() / 1e6)
        return piece

    def seek(self, at: int) -> int:
        return self._file.seek(at)


def _question(net: dict[str, Any], scale: ask.Scale, how: Mapping[str, Any]) -> dict[str, Any]:
    """A request without what was not said."""
    scaling = ask.scaling(scale)
    every = {**net, **({} if scaling is None else {"scaling": scaling}), **how}
    return {name: _listed(value) for name, value in every.items() if value is not None}


def _listed(value: Any) -> Any:
    """Iterators are looked at more than once."""
    return value if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable) else list(value)


def _one_of_many(question: Any, shared: Mapping[str, Any]) -> dict[str, Any]:
    model, scale = question if isinstance(question, tuple) else (question, None)
    return _question({**shared, **ask.net(model)}, scale, {})


def _shifted(raw: dict[str, Any], first: int) -> dict[str, Any]:
    """The answer to a part, with lines counted from the start of the whole."""
    for name in ("errors", "doubted"):
        for row in raw.get(name) or []:
            row["line"] += first
    return raw


def _raw_of(queue: Queue, path: Path, answer: Union[answers.Upload, Problem]) -> dict[str, Any]:
    if isinstance(answer, Problem):
        warnings.warn(f"{path.name} was refused and is in {queue.directory / 'refused'}: {answer}", stacklevel=3)
        return {"rejected": rows_in(path)}
    return answer.to_dict()
