"""Write an experiment's config as resolved from its file and preset."""

from pathlib import Path

import yaml

from mirage import files
from mirage_workflow import job


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    with files.replacing(Path(args.output)) as temporary:
        temporary.write_text(yaml.safe_dump(args.config, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    job.run(main)
