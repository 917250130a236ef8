"""Files of tensors: whole, sealed, and never executed."""

import pickle

import pytest
import torch
from hostile import Trap

from mirage import tensors
from mirage.tensors import TensorFileError

TENSORS = {
    "weight": torch.randn(3, 4, generator=torch.Generator().manual_seed(0)),
    "step": torch.tensor(7.0),
    "half": torch.ones(2, dtype=torch.bfloat16),
    "index": torch.arange(5),
}
METADATA = {"update": "7"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results/seed0/gen0/model.safetensors"


def complaint(path) -> str:
    with pytest.raises(TensorFileError) as caught:
        tensors.read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_tensors_come_back_to_the_bit_with_what_was_said_of_them(path):
    tensors.write(path, TENSORS, METADATA)
    back, metadata = tensors.read(path)
    assert metadata == METADATA
    assert back.keys() == TENSORS.keys()
    assert all(torch.equal(back[name], TENSORS[name]) for name in TENSORS)
    assert [entry.name for entry in path.parent.iterdir()] == ["model.safetensors"]


def test_every_single_flipped_bit_is_found(path):
    tensors.write(path, TENSORS, METADATA)
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            back, metadata = tensors.read(path)
        except TensorFileError:
            continue
        # Padding and the order of the header's entries carry nothing.
        assert metadata == METADATA
        assert all(torch.equal(back[name], TENSORS[name]) for name in TENSORS)


@pytest.mark.parametrize("length", [0, 7, 100, -1])
def test_a_truncated_file_is_named(path, length):
    tensors.write(path, TENSORS, METADATA)
    path.write_bytes(path.read_bytes()[:length])
    assert complaint(path).startswith(f"{path} is damaged")


def test_a_missing_file_is_named(path):
    assert "No such file" in complaint(path)


@pytest.mark.parametrize(
    "save", [torch.save, lambda trap, path: path.write_bytes(pickle.dumps(trap))]
)
def test_a_pickle_is_refused_and_never_executed(path, tmp_path, save):
    trap = Trap(tmp_path / "sprung")
    path.parent.mkdir(parents=True)
    save({"weight": trap}, path)
    complaint(path)
    assert not trap.sprung
    pickle.loads(pickle.dumps(trap)).close()
    assert trap.sprung  # the trap does work
