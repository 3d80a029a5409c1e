"""All watchers together, in one process."""
import atexit
import builtins
import os
import sys
from pathlib import Path
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from .handlers import Handlers
from .instruments import Instruments
from .outgoing import Outgoing
from .rows import write_part
from .runs import Runs
from .source import Project
from .spans import Spans
from .work import Handovers

PACKAGE = "opentelemetry"
#: Told to children, so that they watch too.
SETTINGS = "OTCOV_WATCH"


class Watcher:
    def __init__(self, root: Path, helpers: list[str], parts: Path, sdk: bool) -> None:
        self.parts = parts
        self.project = Project(root, helpers)
        self.spans = Spans(self.project)
        self.runs = Runs(self.project, self.spans, sdk)
        self.handlers = Handlers(self.project, self.spans)
        self.outgoing = Outgoing(self.project, self.spans)
        self.instruments = Instruments(self.project)
        self.handovers = Handovers(self.project, self.spans)
        self.reader = InMemoryMetricReader()
        self.sdk = sdk

    def start(self) -> None:
        if self.sdk:
            for watcher in (self.spans, self.handlers, self.outgoing, self.instruments, self.handovers):
                watcher.watch()
            self.runs.calls_out = self.outgoing.c_call
            trace.set_tracer_provider(TracerProvider(shutdown_on_exit=False))
            metrics.set_meter_provider(MeterProvider([self.reader], shutdown_on_exit=False))
        else:
            self._hide_the_sdk()
        self.runs.watch()

    def _hide_the_sdk(self) -> None:
        original = builtins.__import__

        def refuse(name: str, of: Any = None, *args: Any, **kwargs: Any) -> Any:
            here = (of or {}).get("__file__") or ""
            if name.split(".")[0] == PACKAGE and here in self.project.sources:
                raise ImportError(f"No module named {name!r}", name=name)
            return original(name, of, *args, **kwargs)

        builtins.__import__ = refuse

    def stop(self) -> None:
        sys.setprofile(None)
        rows = self.runs.rows()
        if self.sdk:
            self.reader.get_metrics_data()
            rows += self.spans.rows() + self.handlers.rows + self.outgoing.rows + self.instruments.rows() + self.handovers.rows()
        write_part(rows, self.parts, str(os.getpid()))


def watch_children(watcher: Watcher, root: Path, helpers: list[str]) -> None:
    os.environ[SETTINGS] = "\n".join([str(root), str(watcher.parts), *helpers])


def start_in_a_child() -> None:
    root, parts, *helpers = os.environ[SETTINGS].split("\n")
    watcher = Watcher(Path(root), helpers, Path(parts), sdk=True)
    watcher.start()
    import multiprocessing.util

    multiprocessing.util.Finalize(None, watcher.stop, exitpriority=-100)
    atexit.register(watcher.stop)
