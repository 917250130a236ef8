import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch

import mirage
from mirage.rng import numpy_rng, torch_rng, torch_seed

KEY = {"seed": 3, "step": "sample", "generation": 1, "block": 5}
OTHERS = {"seed": 4, "step": "train", "generation": 2, "block": 6}


def normals(**key) -> np.ndarray:
    return numpy_rng(**key).standard_normal(1000)


def torch_normals(**key) -> torch.Tensor:
    return torch.randn(1000, generator=torch_rng(**key))


def test_the_same_key_gives_the_same_numbers():
    np.testing.assert_array_equal(normals(**KEY), normals(**KEY))
    assert torch.equal(torch_normals(**KEY), torch_normals(**KEY))


@pytest.mark.parametrize("part", KEY)
def test_a_stream_differs_by_each_part_of_its_key(part):
    other = KEY | {part: OTHERS[part]}
    assert not np.isin(normals(**other), normals(**KEY)).any()
    assert torch_seed(**other) != torch_seed(**KEY)
    # A few of 1000 float32 normals may coincide; a shared or shifted stream shares most.
    assert torch.isin(torch_normals(**other), torch_normals(**KEY)).sum() < 20


def test_generation_and_block_are_not_interchangeable():
    assert torch_seed(0, "sample", 1, 2) != torch_seed(0, "sample", 2, 1)
    assert torch_seed(1, "sample", 0, 0) != torch_seed(0, "sample", 1, 0)


def test_generation_and_block_are_zero_unless_said_otherwise():
    assert torch_seed(7, "weights") == torch_seed(7, "weights", generation=0, block=0)


def test_neighbouring_blocks_are_uncorrelated():
    draws = [torch_normals(seed=0, step="sample", block=block).numpy() for block in range(20)]
    correlations = [np.corrcoef(a, b)[0, 1] for a, b in combinations(draws, 2)]
    # 190 correlations of standard error 1/sqrt(1000); the largest of so many
    # independent ones stays within 4.5 standard errors but once in 800.
    assert np.abs(correlations).max() < 4.5 / np.sqrt(1000)


def test_no_two_of_many_streams_share_a_seed():
    steps = ("data", "weights", "sample", "train", "shuffle", "filter", "measure")
    seeds = [
        torch_seed(seed, step, generation, block)
        for seed in range(3)
        for step in steps
        for generation in range(5)
        for block in range(50)
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_streams_leave_the_global_random_state_alone():
    torch.manual_seed(1)
    untouched = torch.randn(5)
    torch.manual_seed(1)
    torch_normals(**KEY)
    assert torch.equal(torch.randn(5), untouched)


def test_another_process_draws_the_same_numbers():
    code = "from mirage.rng import torch_seed; print(torch_seed(3, 'sample', 1, 5))"
    environment = os.environ | {
        "PYTHONHASHSEED": "123",
        "PYTHONPATH": str(Path(mirage.__file__).parents[1]),
    }
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert int(told.stdout) == torch_seed(**KEY)
