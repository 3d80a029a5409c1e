"""The pipeline: lists that are in order, lists with bad rows and a bad file, a folder with nothing in it; and without the SDK."""
from pathlib import Path

from drivers.tools import programs

HELPERS = ["src/census/telemetry/otel.py:*", "src/census/telemetry/quiet.py:*"]

GOOD = "kind,count\nfox,3\nowl,1\nfox,2\n"
BAD = "Kind , count\nfox,3\nfox,3\n,1\nowl,many\n"


def with_sdk() -> None:
    from census import main

    with programs("census-publish"):
        assert main.main([folder("good", good=GOOD)]) == 0
        assert main.main([folder("bad", bad=BAD, more=GOOD)]) == 0
        Path("bad/broken.csv").write_bytes(b"kind,count\n\xff\xfe,1\n")
        assert main.main(["bad"]) == 0
    with programs("census-publish", status=5):
        assert main.main(["good"]) == 0
        assert main.main([folder("empty")]) == 1
    assert main.describe(Path("good")).startswith("last: 2 kinds")
    assert main.describe(Path(folder("new", good=GOOD))).startswith("last: none")


def folder(name: str, **lists: str) -> str:
    Path(name).mkdir()
    for file, text in lists.items():
        Path(name, f"{file}.csv").write_text(text)
    return name


def without_sdk() -> None:
    """What goes without: the stages that do not ask for OpenTelemetry themselves."""
    from census.stages import clean, read
    from census.telemetry import counted, failed

    assert len(clean.clean(read.read_all(Path(folder("good", good=GOOD))))) == 3
    counted("rows", 1)
    failed(ValueError())
