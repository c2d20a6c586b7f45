"""`python -m ft_pipeline.demo.company --out FOLDER`: writes the demo company's files.

Not here: what is written (write).
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from ft_pipeline.demo.company.write import write_company


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ft_pipeline.demo.company",
        description="Writes a year of the invented freight forwarder «Верстовик»: tickets.jsonl, documents/*.md, "
        "eval_questions.csv (and truth.jsonl, which only tests read).",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument(
        "--until",
        type=date.fromisoformat,
        default=None,
        metavar="YYYY-MM-DD",
        help="only tickets finished by this day, and documents as of it; e.g. 2026-06-30, to show later that answers "
        "which have changed since make an older model stale",
    )
    parser.add_argument("--seed", type=int, default=2026, help="default: 2026")
    parser.add_argument("--tickets", type=int, default=3600, help="tickets in the whole year, default: 3600")
    args = parser.parse_args()
    files = write_company(args.out, seed=args.seed, tickets=args.tickets, until=args.until)
    print(f"{files.tickets}: {files.ticket_count} tickets, {files.message_count} messages")
    print(f"{files.documents}: {len(list(files.documents.glob('*.md')))} documents")
    print(f"{files.eval_questions}: {files.eval_rows} rows")


if __name__ == "__main__":
    main()
