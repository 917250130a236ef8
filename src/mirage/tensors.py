"""Files of tensors in the safetensors format, which holds no code and is never executed.

The format has no checksum, so each file carries its own: a flipped bit in a weight would
else go unnoticed.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mirage import files

DIGEST = "digest"


class TensorFileError(files.DamagedError):
    """A file that holds no tensors, or not those that were written."""


def write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors whole or not at all, with their digest in the metadata.

    Raises:
        OSError: naming the file, when the disk does not take it.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with files.replacing(path) as temporary:
        try:
            save_file(tensors, temporary, {**metadata, DIGEST: _digest(tensors, metadata)})
        except SafetensorError as error:
            raise OSError(f"{path}: {error}") from None


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file, on the CPU, and its metadata.

    Raises:
        TensorFileError: naming the file, if it is missing, no
            safetensors, or changed since it was written.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, UnicodeDecodeError) as error:
        raise TensorFileError(path, " ".join(str(error).split())) from None
    if metadata.pop(DIGEST, None) != _digest(tensors, metadata):
        raise TensorFileError(path, "its contents are not those that were written")
    return tensors, metadata


def _digest(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """SHA-256 of names, types, shapes, values and metadata."""
    sha = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(tensors):
        value = tensors[name]
        sha.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        sha.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return sha.hexdigest()
