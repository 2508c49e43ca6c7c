"""The history of the ratios: a line for each row of each run, and what a run changed."""

from __future__ import annotations

import csv
from datetime import datetime, timezone

from peers import RESULTS, commit, machine_name, show
from rows import Ratio

FILE = RESULTS / "history.tsv"
COLUMNS = ["date", "machine", "commit", "workload", "procs", "peer", "ratio", "least", "greatest"]


def earlier() -> dict[tuple[str, str, str], dict[str, str]]:
    """The last line about each row that this machine has run."""
    if not FILE.exists():
        return {}
    with FILE.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file, delimiter="\t"))
    here = [line for line in lines if line["machine"] == machine_name()]
    return {(line["workload"], line["procs"], line["peer"]): line for line in here}


def show_changes(ratios: list[Ratio]) -> None:
    """Says which rows changed by more than both runs' rounds differ among themselves."""
    known = earlier()
    pairs = [(known.get((r.workload, str(r.procs), r.peer)), r) for r in ratios]
    compared = [(before, now) for before, now in pairs if before]
    changes = [change for pair in compared if (change := change_of(*pair))]
    show()
    if not compared:
        show("# history   no earlier run on such a machine")
        return
    dates = sorted({f"{before['date']} ({before['commit']})" for before, _ in compared})
    show(f"# history   {len(changes)} of {len(compared)} rows changed beyond noise since {dates[-1]}")
    for change in changes:
        show(change)


def change_of(before: dict[str, str], now: Ratio) -> str | None:
    least, greatest = float(before["least"]), float(before["greatest"])
    if now.least <= greatest and least <= now.greatest:
        return None
    word = "faster" if now.greatest < least else "slower"
    then = f"{float(before['ratio']):.2f} [{least:.2f}..{greatest:.2f}]"
    row = f"{now.workload:<18} {now.procs:>5}  {now.peer:<11}"
    return f"{row} {then:<20} -> {now.median:.2f} {now.spread():<14} {word}"


def append(ratios: list[Ratio]) -> None:
    is_new = not FILE.exists()
    date, name, head = f"{datetime.now(timezone.utc):%Y-%m-%d}", machine_name(), commit()
    with FILE.open("a", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, delimiter="\t", lineterminator="\n")
        if is_new:
            lines.writerow(COLUMNS)
        for r in ratios:
            numbers = [f"{value:.4g}" for value in (r.median, r.least, r.greatest)]
            lines.writerow([date, name, head, r.workload, r.procs, r.peer, *numbers])
