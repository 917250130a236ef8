"""Small networks, and what the native kernel makes of them."""

import pytest
import torch

from mirage.diffusion import Schedule, ddpm_steps, times_of
from mirage.engine import native
from mirage.engine.cpu import NativeLoss, NativeSampler
from mirage.networks.mlp import TemporalMLP
from mirage.samplers import walk

SCHEDULE = Schedule.linear()
STEPS = ddpm_steps(SCHEDULE, times_of(399, 40), "fixed_large")
needs_compiler = pytest.mark.skipif(native._compiler() is None, reason="no C++ compiler")


def network(dim=2, width=32, **options) -> TemporalMLP:
    """Weights without any zeros or ones that could hide a mistake."""
    torch.manual_seed(dim + width)
    net = TemporalMLP(dim, width=width, init="pytorch", **options)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return net


def kernel_of(net, level=None) -> native.Kernel:
    return native.compiled(net.width, net.input.in_features, level or native.level())


def sampler(net, level=None, bfloat16=False) -> NativeSampler:
    return NativeSampler(net, kernel_of(net, level), bfloat16)


def path(model, n=100, dim=2, steps=STEPS, clip=False):
    """x0_hat along a walk of n samples, from a fixed noise: [steps, n, dim]."""
    noise = torch.Generator().manual_seed(1)

    def draw():
        return torch.randn(n, dim, generator=noise)

    seen = []
    walk(model, draw(), steps, draw, [lambda step, x, x0_hat: seen.append(x0_hat.clone())], clip)
    return torch.stack(seen)


def native_loss(net, level=None, bfloat16=False) -> NativeLoss:
    return NativeLoss(net, kernel_of(net, level), bfloat16)


def gradients(net, loss, n=150):
    torch.manual_seed(3)
    x, eps = torch.randn(n, net.input.in_features), torch.randn(n, net.input.in_features)
    t = torch.randint(1000, (n,))
    net.zero_grad()
    value = loss(x, t, eps)
    value.backward()
    return value.item(), {name: p.grad.clone() for name, p in net.named_parameters()}
