"""What a module's source needs beside PyTorch, where it is used."""

HELPERS = {
    "same": '''\
def same(x, kernel, stride, dilation=(1, 1), value=0.0):
    """Pads as TensorFlow does: one out for each stride, whatever the image."""
    pads = []
    for size, k, s, d in reversed(list(zip(x.shape[2:], kernel, stride, dilation))):
        total = max(0, (math.ceil(size / s) - 1) * s + d * (k - 1) + 1 - size)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)
''',
    "drop_path": '''\
def drop_path(x, p, training):
    """Leaves out whole images."""
    kept = x.new_ones(len(x), *[1] * (x.dim() - 1))
    return x * F.dropout(kept, p, training)
''',
    "StandardizedConv2d": '''\
class StandardizedConv2d(nn.Conv2d):
    """A convolution whose filters have mean 0 and variance 1; with a gain, that over the number of their inputs."""

    def __init__(self, *sizes, gain=None, **more):
        super().__init__(*sizes, **more)
        self.factor = gain
        self.gain = None if gain is None else nn.Parameter(torch.ones(self.out_channels, 1, 1, 1))

    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, (1, 2, 3), keepdim=True, correction=0)
        weight = (self.weight - mean) * (variance + 1e-6).rsqrt()
        if self.gain is not None:
            weight = weight * self.gain * self.factor * self.weight[0].numel() ** -0.5
        return self._conv_forward(x, weight, self.bias)
''',
    "FixedConv2d": '''\
class FixedConv2d(nn.Conv2d):
    """A convolution with a filter that is not learned: a blur."""

    def __init__(self, *sizes, **more):
        super().__init__(*sizes, **more)
        rows, columns = (torch.tensor([float(math.comb(k - 1, at)) for at in range(k)]) for k in self.kernel_size)
        blur = (rows[:, None] / rows.sum() * columns / columns.sum()).expand_as(self.weight) / self.weight.shape[1]
        del self.weight
        self.register_buffer("weight", blur.clone())
''',
}
"""Each by the word by which it is called."""
