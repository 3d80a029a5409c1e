"""One pass of a project's driver under watch: python -m observe TREE PASS PARTS."""
import importlib
import sys
from pathlib import Path

from .watcher import Watcher, watch_children


def main(tree: Path, a_pass: str, parts: Path) -> None:
    driver = importlib.import_module(f"drivers.{tree.name.replace('-', '_')}")
    if not hasattr(driver, a_pass):
        return
    sys.path[:0] = [str(tree / it) for it in getattr(driver, "PATHS", ["src"])]
    watcher = Watcher(tree, driver.HELPERS, parts, sdk=a_pass == "with_sdk")
    watcher.start()
    if watcher.sdk:
        watch_children(watcher, tree, driver.HELPERS)
    getattr(driver, a_pass)()
    watcher.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
