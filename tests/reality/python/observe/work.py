"""Work that is handed over to threads and pools: was a span open where it was handed over, and does it go on where it runs?"""
import asyncio
import concurrent.futures
import concurrent.futures.thread
import contextvars
import functools
import inspect
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opentelemetry import trace

from .rows import Row
from .source import Function, Place, Project
from .spans import Spans, Watched
from .stack import Origin, nearest

THROUGH = ("opentelemetry",)

_here = threading.local()
#: Tasks take turns on one thread; each has a context of its own.
_task: "contextvars.ContextVar[Work | None]" = contextvars.ContextVar("task", default=None)
#: What ran in this process.
_done: "list[Work]" = []


def current_work() -> "Work | None":
    return getattr(_here, "work", None) or _task.get()


@dataclass
class Work:
    """One piece of it. What it carries shows when its first span begins; failing that, its first function."""

    mechanism: str
    place: Place
    function: Function | None
    given: int | None
    carried: bool | None = None
    traced: bool = False

    def begins(self, span: Watched | None) -> None:
        if self.carried is None:
            self.carried = self.given is not None and span is not None and span.trace == self.given

    def opens(self, span: Watched) -> None:
        if not self.traced:
            self.traced = True
            self.carried = self.given is not None and span.trace == self.given

    def rows(self) -> list[Row]:
        at = {"file": self.place.file, "line": self.place.line, "end_line": self.place.end_line}
        inside = self.given is not None
        row = {
            "kind": "handoff", **at, "function": self.function.line if self.function else None,
            "mechanism": self.mechanism, "inside": inside, "carried": bool(self.carried), "traced": self.traced,
        }
        if self.mechanism == "task":
            return [row]
        rule = "context-lost-process" if self.mechanism == "process-pool" else "context-lost-thread"
        lost = inside and self.traced and not self.carried
        return [row, {"kind": "effect", "rule": rule, **at, "shown": lost}]


class Handovers:
    def __init__(self, project: Project, spans: Spans) -> None:
        self.project = project
        self.spans = spans
        self.spans.on_start_in_work = lambda span: current_work() and current_work().opens(span)

    def watch(self) -> None:
        self._watch_threads()
        self._watch_pool(concurrent.futures.ThreadPoolExecutor, "executor")
        self._watch_pool(concurrent.futures.ProcessPoolExecutor, "process-pool")
        self._watch_tasks(asyncio)
        self._watch_tasks(asyncio.TaskGroup)

    def _watch_tasks(self, owner: Any) -> None:
        original = owner.create_task

        def create_task(*args: Any, **kwargs: Any) -> Any:
            work = self._handed_over("task", sys._getframe())
            coroutine = next((it for it in args if inspect.iscoroutine(it)), None)
            if work and coroutine:
                args = tuple(run_task(work, it) if it is coroutine else it for it in args)
            return original(*args, **kwargs)

        owner.create_task = create_task

    def _watch_threads(self) -> None:
        original, made = threading.Thread.start, threading.Thread.__init__

        def init(thread: threading.Thread, *args: Any, **kwargs: Any) -> None:
            made(thread, *args, **kwargs)
            thread.__dict__["_made_at"] = nearest(self.project, sys._getframe(), THROUGH)

        def start(thread: threading.Thread) -> None:
            target = getattr(thread, "_target", None)
            work = self._handed_over("thread", sys._getframe(), thread.__dict__.get("_made_at"))
            if work and target is not None:
                thread._target = functools.partial(run, work, target)
            elif work:
                thread.run = functools.partial(run, work, thread.run)
            original(thread)

        threading.Thread.__init__, threading.Thread.start = init, start

    def _watch_pool(self, pool: type, mechanism: str) -> None:
        original = pool.submit

        def submit(executor: Any, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            work = self._handed_over(mechanism, sys._getframe())
            return original(executor, functools.partial(run, work, call) if work else call, *args, **kwargs)

        pool.submit = submit

    def _handed_over(self, mechanism: str, frame: Any, made_at: Origin | None = None) -> Work | None:
        """A thread counts where it is made: that is where its work is named."""
        if mechanism == "thread" and in_a_pool(frame):
            return None
        origin = made_at or nearest(self.project, frame, THROUGH)
        if origin is None:
            return None
        span = self.spans.watched(trace.get_current_span())
        given = span.trace if span and span.records() else None
        return Work(mechanism, origin.place, origin.function, given)

    def rows(self) -> list[Row]:
        return [row for work in _done if work.carried is not None for row in work.rows()]


def in_a_pool(frame: Any) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == concurrent.futures.thread.__file__:
            return True
        frame = frame.f_back
    return False


async def run_task(work: Work, coroutine: Any) -> Any:
    _task.set(work)
    _done.append(work)
    return await coroutine


def run(work: Work, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    before = current_work()
    _here.work = work
    _done.append(work)
    try:
        return call(*args, **kwargs)
    finally:
        _here.work = before
