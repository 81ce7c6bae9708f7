"""One step of training or inference, on made-up images that are on the device already."""

import contextlib
from typing import Any, Callable

import torch

from .options import Options

_AUTOCAST = {"amp": torch.float16, "amp_bf16": torch.bfloat16}
_PURE = {"fp16": torch.float16, "bf16": torch.bfloat16}

Step = Callable[[], None]


def prepare(net: Any, options: Options) -> Any:
    """The net on its device, in its layout and precision."""
    tf32 = options.precision != "fp32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = options.cudnn_benchmark
    net = net.to(device=options.device, dtype=_PURE.get(options.precision, torch.float32))
    if options.channels_last:
        net = net.to(memory_format=torch.channels_last)
    net.train(options.mode == "train")
    return torch.compile(net) if options.compiled else net


def step(net: Any, options: Options, batch: int, resolution: int) -> Step:
    """A function that does one step: forward, and to train also backward and the optimizer's (SGD with momentum)."""
    images = torch.randn(batch, 3, resolution, resolution, device=options.device)
    images = images.to(_PURE.get(options.precision, torch.float32))
    if options.channels_last:
        images = images.to(memory_format=torch.channels_last)
    return _train(net, options, images) if options.mode == "train" else _infer(net, options, images)


def _cast(options: Options) -> Any:
    kind = _AUTOCAST.get(options.precision)
    if kind is None:
        return contextlib.nullcontext()
    return torch.autocast(torch.device(options.device).type, dtype=kind)


def _infer(net: Any, options: Options, images: Any) -> Step:
    def one() -> None:
        with torch.inference_mode(), _cast(options):
            net(images)

    return one


def _train(net: Any, options: Options, images: Any) -> Step:
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss()
    scaler = torch.amp.GradScaler(torch.device(options.device).type, enabled=options.precision == "amp")
    classes = _classes(_shown(net, options, images[:2]))
    targets = torch.randint(classes, (len(images),), device=options.device)

    def one() -> None:
        optimizer.zero_grad(set_to_none=True)
        with _cast(options):
            loss = loss_of(net(images), targets)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    return one


def _shown(net: Any, options: Options, images: Any) -> Any:
    """What the net puts out for two images, at no cost: not compiled for them, and no convolution tried for them."""
    plain = getattr(net, "_orig_mod", net)
    trying, torch.backends.cudnn.benchmark = torch.backends.cudnn.benchmark, False
    try:
        with torch.no_grad(), _cast(options):
            return plain(images)
    finally:
        torch.backends.cudnn.benchmark = trying


def _classes(out: Any) -> int:
    if isinstance(out, torch.Tensor) and out.ndim == 2:
        return int(out.shape[1])
    what = f"a tensor of {out.ndim} dimensions" if isinstance(out, torch.Tensor) else f"a {type(out).__name__}"
    raise ValueError(
        f"it puts out {what}, and is trained here only if it puts out a number for each image and class: "
        "time it with --mode infer, or give a module that returns these alone"
    )


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that the batch does not fit."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
