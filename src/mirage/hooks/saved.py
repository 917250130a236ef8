"""A pipeline of diffusers as it lies in its folder: what its JSON files tell, without PyTorch."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mirage.hooks.schedulers import UNWATCHABLE

PREDICTIONS = ("epsilon", "v_prediction", "sample")
"""What a network may compute that is to be trained here."""


class PipelineError(ValueError):
    """A folder that is no pipeline, or none that can do what is asked, in one line."""


@dataclass(frozen=True)
class Saved:
    """A folder that `save_pretrained` wrote.

    Raises:
        PipelineError: if it is none.
    """

    folder: Path

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            what = "no folder" if self.folder.exists() else "no such folder"
            raise PipelineError(f"{self.folder}: {what}")
        if not (self.folder / "model_index.json").is_file():
            raise PipelineError(
                f"{self.folder} is no pipeline of diffusers: it has no model_index.json"
            )

    @property
    def files(self) -> list[Path]:
        """All that the pipeline is made of, in the order of names."""
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return [path for path in found if not path.name.startswith(".")]

    @cached_property
    def parts(self) -> dict[str, str]:
        """The class of each part, `unet`, `scheduler` and so on."""
        index = self._json("model_index.json")
        parts = {name: part for name, part in index.items() if isinstance(part, list)}
        return {name: part[-1] for name, part in parts.items() if part and part[-1]}

    @cached_property
    def scheduler(self) -> dict[str, Any]:
        """The scheduler's config."""
        return self._json("scheduler/scheduler_config.json")

    @cached_property
    def unet(self) -> dict[str, Any]:
        """The config of the U-Net."""
        return self._json("unet/config.json")

    @property
    def is_plain(self) -> bool:
        """Whether it is a U-Net for pixels and a scheduler, and nothing more."""
        return self.parts.keys() == {"unet", "scheduler"} and self.parts["unet"] == "UNet2DModel"

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Of a picture, (c, h, w); None where its own code decides."""
        size = self.unet.get("sample_size") if self.is_plain else None
        if size is None:
            return None
        return (self.unet["in_channels"], *([size, size] if isinstance(size, int) else size))

    @property
    def digest(self) -> str:
        """SHA-256 of the names and contents of all files."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
                digest.update(f"{path.relative_to(self.folder)} {content}\n".encode())
        return digest.hexdigest()

    def require_watchable(self) -> None:
        """Refuse a scheduler whose predictions cannot be seen.

        Raises:
            PipelineError: with the reason.
        """
        if "scheduler" not in self.parts:
            raise PipelineError(f"{self.folder} has no scheduler to be watched")
        if reason := UNWATCHABLE.get(self.parts["scheduler"]):
            raise PipelineError(
                f"{self.folder}: {self.parts['scheduler']} cannot be watched: {reason}"
            )

    def require_trainable(self) -> None:
        """Refuse a pipeline whose network is not trained by squared errors of pixels.

        Raises:
            PipelineError: with the reason.
        """
        if not self.is_plain:
            parts = ", ".join(f"{name} {kind}" for name, kind in sorted(self.parts.items()))
            raise PipelineError(
                f"{self.folder} cannot be trained: found {parts}; allowed: a UNet2DModel of "
                "pixels and a scheduler, and nothing else"
            )
        found = self.scheduler.get("prediction_type")
        if found not in PREDICTIONS or "beta_schedule" not in self.scheduler:
            raise PipelineError(
                f"{self.folder} cannot be trained: its {self.parts['scheduler']} has "
                f"prediction_type {found!r}; allowed: {', '.join(PREDICTIONS)}, and a beta_schedule"
            )
        if self.unet["out_channels"] != self.unet["in_channels"]:
            raise PipelineError(
                f"{self.folder} cannot be trained: its U-Net gives {self.unet['out_channels']} "
                f"channels for {self.unet['in_channels']}; allowed: as many"
            )

    def _json(self, name: str) -> dict[str, Any]:
        try:
            values = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise PipelineError(f"{self.folder / name} cannot be read: {reason}") from None
        if not isinstance(values, dict):
            raise PipelineError(f"{self.folder / name} cannot be read: it is no JSON object")
        return values
