"""Runs a project's driver, each of its passes in a process of its own, and writes the rows of all of them: main.py TREE OUT."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from observe.rows import read_parts, write_rows

SECONDS = 120


def main(tree: Path, out: Path) -> None:
    with tempfile.TemporaryDirectory() as parts:
        for a_pass in ("with_sdk", "without_sdk"):
            run_pass(tree, a_pass, Path(parts))
        write_rows(read_parts(Path(parts)), out)


def run_pass(tree: Path, a_pass: str, parts: Path) -> None:
    command = [sys.executable, "-X", "utf8", "-W", "ignore", "-m", "observe", str(tree), a_pass, str(parts)]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "PYTHON", "TRACEPARENT"))}
    here = Path(__file__).parent
    environment = {**kept, "PYTHONPATH": str(here), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            command, cwd=scratch, env=environment, timeout=SECONDS, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    if done.returncode:
        sys.exit(f"{tree.name}, {a_pass}: status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-6000:]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
