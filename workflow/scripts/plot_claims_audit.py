"""Plot the audit of the ledger."""

from pathlib import Path

from mirage.figures import claims_audit, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--audit", type=Path, required=True)
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    style.save(claims_audit.draw(tables.read(args.audit)), args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)
