"""Write the ledger as a page of the report and as a Markdown table."""

from pathlib import Path

from mirage import files
from mirage.figures import ledger
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--html", type=Path, required=True)
    parser.add_argument("--markdown", type=Path, required=True)
    args = parser.parse_args()
    claims = tables.read(args.ledger)
    for path, text in ((args.html, ledger.html(claims)), (args.markdown, ledger.markdown(claims))):
        with files.replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    job.run(main)
