"""Rows on their way out: each process writes its own, and they are put together, folded and sorted."""
import json
from collections import Counter
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def write_part(rows: list[Row], folder: Path, name: str) -> None:
    text = "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows)
    (folder / f"{name}.jsonl").write_text(text)


def read_parts(folder: Path) -> list[Row]:
    return [json.loads(line) for part in sorted(folder.glob("*.jsonl")) for line in part.read_text().splitlines()]


def write_rows(rows: list[Row], out: Path) -> None:
    summed = sum_functions(rows) + sum_instruments(rows) + strongest_effects(rows)
    others = Counter(
        json.dumps(row, sort_keys=True) for row in rows if row["kind"] not in ("function", "instrument", "effect")
    )
    folded = [{**json.loads(text), "times": times} for text, times in others.items()]
    out.write_text("".join(sorted(json.dumps(row, sort_keys=True) + "\n" for row in summed + folded)))


def sum_functions(rows: list[Row]) -> list[Row]:
    return summed(rows, "function", ("calls", "inside", "opened", "from_library", "left_before"))


def sum_instruments(rows: list[Row]) -> list[Row]:
    return summed(rows, "instrument", ("recorded",))


def summed(rows: list[Row], kind: str, counts: tuple[str, ...]) -> list[Row]:
    sums: dict[str, Row] = {}
    for row in rows:
        if row["kind"] == kind:
            key = json.dumps({name: value for name, value in row.items() if name not in counts}, sort_keys=True)
            sums.setdefault(key, {**row, **dict.fromkeys(counts, 0)})
            for count in counts:
                sums[key][count] += row[count]
    return list(sums.values())


def strongest_effects(rows: list[Row]) -> list[Row]:
    """One row a place and rule: shown once is shown, and what cannot be said once can only be said by being shown."""
    shown: dict[tuple[str, str, int, int], bool | None] = {}
    for row in rows:
        if row["kind"] == "effect":
            key = (row["rule"], row["file"], row["line"], row["end_line"])
            before = shown.get(key, False)
            shown[key] = True if row["shown"] or before else None if None in (before, row["shown"]) else False
    return [
        {"kind": "effect", "rule": rule, "file": file, "line": line, "end_line": end, "shown": it}
        for (rule, file, line, end), it in shown.items()
    ]
