"""The build tool: trees that build, trees that do not, tests that pass and fail, a benchmark without anything to compare with."""
import json
from pathlib import Path

from drivers.tools import programs

HELPERS = ["src/forge/tracing/*"]

TREE = {
    "retries": 1,
    "packages": [
        {"name": "app", "needs": ["core", "zlib"], "steps": ["a", "b"]},
        {"name": "core", "needs": [], "steps": ["c"]},
        {"name": "web", "needs": ["core"], "steps": []},
    ],
}
ALL = ("forge-cc", "forge-check", "forge-soak", "forge-prune")


def tree(name: str, packages: int = 3) -> Path:
    root = Path(name)
    root.mkdir()
    (root / "forge.json").write_text(json.dumps({**TREE, "packages": TREE["packages"][:packages]}))
    return root


def with_sdk() -> None:
    from forge.cli import main

    for name in ("good", "bad", "again"):
        root = tree(name, 2 if name == "again" else 3)
        (root / "one.soak").touch()
        if name == "good":
            (root / "last.json").write_text("{}")
        if name == "again":
            (root / "last.json").write_text("{")
            (root / "one.soak").unlink()
            (root / "core.stamp").mkdir()
        run_all(main, root, fails=name == "bad")
    with programs(*ALL):
        assert main(["--root", "good", "build"]) == 0
    Path("good/forge.json").write_text(json.dumps({"packages": [{"name": "app", "steps": 3}]}))
    assert_raises(TypeError, main, ["--root", "good", "bench"])


def run_all(main, root: Path, fails: bool) -> None:
    with programs(*ALL, status=4 if fails else 0):
        if (root / "core.stamp").exists():
            assert_raises(IsADirectoryError, main, ["--root", str(root), "build"])
        else:
            assert main(["--root", str(root), "build"]) == int(fails)
        assert main(["--root", str(root), "test"]) == int(fails)
        if fails:
            assert_raises(FileNotFoundError, main, ["--root", str(root), "bench"])
        else:
            assert main(["--root", str(root), "bench"]) == 0
        assert main(["--root", str(root), "clean"]) == (4 if fails else 0)


def assert_raises(error: type[Exception], call, *args) -> None:
    try:
        call(*args)
    except error:
        return
    raise AssertionError(f"{call} does not raise {error}")
