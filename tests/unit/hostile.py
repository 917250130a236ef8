"""A payload that shows whether a reader executes what it reads."""

from pathlib import Path


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")

    @property
    def sprung(self) -> bool:
        return Path(self.path).exists()
