"""Prints the peak memory that a sampling adds to a process with its imports, in MiB."""

import sys
from pathlib import Path

import torch

from benchmarks import reference, work
from mirage.diffusion import ddpm_steps, times_of


def resident(of: str) -> int:
    """Resident memory in KiB: `VmRSS` now, `VmHWM` at most since the last reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(of))


def main() -> None:
    subject, samples, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    torch.randn(10, 10) @ torch.randn(10, 10)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the imports
    before = resident("VmRSS")
    if subject == "engine":
        work.draw(2, "bfloat16", samples, count)()
    else:
        steps = ddpm_steps(work.SCHEDULE, times_of(count - 1, count), "fixed_large")
        x = torch.randn(samples, 2)
        reference.sample(work.network(2), steps, x, lambda: torch.randn(samples, 2), window=5)
    sys.stdout.write(f"{(resident('VmHWM') - before) / 1024}\n")


if __name__ == "__main__":
    main()
