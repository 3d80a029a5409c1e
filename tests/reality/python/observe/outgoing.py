"""What leaves the process: children that it starts, and calls over the network, to databases, queues and models."""
import dis
import functools
import os
import sqlite3
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from opentelemetry import trace

from .rows import Row
from .source import Project
from .spans import Spans, at
from .stack import Origin, nearest

CARRIERS = {"traceparent"}
#: Packages through which a call goes on its way out.
CLIENTS = ("httpx", "openai", "sqlalchemy", "celery", "kombu", "opentelemetry", "anyio", "starlette")


def reads_an_attribute(found: Origin) -> bool:
    """The project's code is at an attribute, not at a call: what it reads is fetched by then, as an object loads its columns late."""
    frame = found.frame
    return frame is not None and dis.opname[frame.f_code.co_code[frame.f_lasti]] == "LOAD_ATTR"


class Outgoing:
    def __init__(self, project: Project, spans: Spans) -> None:
        self.project = project
        self.spans = spans
        self.rows: list[Row] = []

    def watch(self) -> None:
        sys.addaudithook(self._audited)
        imported = self.project.imported
        if imported & {"httpx", "openai"}:
            self._watch_httpx()
        if "sqlalchemy" in imported:
            self._watch_sqlalchemy()
        if "celery" in imported:
            self._watch_celery()

    def _inside(self) -> bool:
        span = self.spans.watched(trace.get_current_span())
        return bool(span and span.records())

    def _audited(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen":
            self._process(args[3], sys._getframe(1))
        elif event == "os.system":
            self._process(None, sys._getframe(1))

    def _process(self, environment: Any, frame: FrameType) -> None:
        found = nearest(self.project, frame)
        if found is None:
            return
        keys = {str(it).lower() for it in (os.environ if environment is None else environment)}
        inside = self._inside()
        within = self.spans.watched(trace.get_current_span()) if inside else None
        self.spans.goes_out(frame)
        row = {"kind": "process", **at(found), "inside": inside, "carried": bool(keys & CARRIERS)}
        self.rows.append({**row, "within": within.span.name if within else None})
        self.spans.effect("raw-subprocess", found.place, not inside)

    def _call(self, found: Origin | None, inside: bool, spans_before: int) -> None:
        if found:
            opened = self.spans.all[spans_before:]
            library = any(it.library for it in opened)
            self.spans.goes_out(sys._getframe())
            row = {"kind": "call", **at(found), "inside": inside, "library": library}
            self.rows.append({**row, "by_attribute": True} if reads_an_attribute(found) else row)

    def _watch(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            found, inside, before = nearest(self.project, sys._getframe(), CLIENTS), self._inside(), len(self.spans.all)
            try:
                return original(*args, **kwargs)
            finally:
                self._call(found, inside, before)

        setattr(owner, name, call)

    def _watch_async(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        async def call(*args: Any, **kwargs: Any) -> Any:
            found, inside, before = nearest(self.project, sys._getframe(), CLIENTS), self._inside(), len(self.spans.all)
            try:
                return await original(*args, **kwargs)
            finally:
                self._call(found, inside, before)

        setattr(owner, name, call)

    def _watch_httpx(self) -> None:
        import httpx

        self._watch(httpx.Client, "send")
        self._watch_async(httpx.AsyncClient, "send")

    def _watch_sqlalchemy(self) -> None:
        from sqlalchemy.engine import Connection

        self._watch(Connection, "_execute_context")

    def _watch_celery(self) -> None:
        from celery.app.task import Task

        self._watch(Task, "apply_async")

    def c_call(self, frame: FrameType, function: Callable[..., Any]) -> None:
        """`sqlite3` is not written in Python: the profiler tells of it."""
        owner = getattr(function, "__self__", None)
        if isinstance(owner, (sqlite3.Connection, sqlite3.Cursor)) and function.__name__.startswith("execute"):
            self._call(nearest(self.project, frame), self._inside(), len(self.spans.all))


