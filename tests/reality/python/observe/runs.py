"""Each run of a function of the project: where it began, and whether a span was opened by it or for it."""
import dis
import functools
import sys
import threading
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from opentelemetry import trace

from .rows import Row
from .source import Function, Project
from .spans import Spans, Watched
from .stack import frames
from .work import current_work


@dataclass
class Tally:
    calls: int = 0
    inside: int = 0
    opened: int = 0
    from_library: int = 0


@dataclass
class Runs:
    project: Project
    spans: Spans
    sdk: bool = True
    tallies: dict[Function, Tally] = field(default_factory=dict)
    #: Runs that opened a span already, by frame; the frame is kept so that its address stays its own.
    opened: dict[int, FrameType] = field(default_factory=dict)
    calls_out: Any = None

    def watch(self) -> None:
        self.spans.on_open = self.span_opened
        threading.setprofile(self.profile)
        sys.setprofile(self.profile)

    def profile(self, frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            if self.project.is_its_own(frame.f_code) and begins(frame):
                function = self.project.function_of(frame.f_code)
                if function and frame.f_code.co_name == function.name.rpartition(".")[2]:
                    self.begin(function, frame)
        elif event == "c_call" and self.calls_out and self.project.is_its_own(frame.f_code):
            self.calls_out(frame, arg)

    def begin(self, function: Function, frame: FrameType) -> None:
        tally = self.tallies.setdefault(function, Tally())
        tally.calls += 1
        span = self.spans.watched(trace.get_current_span())
        own = self.spans.claim(function, span)
        if own:
            tally.opened += 1
            self.opened[id(frame)] = frame
            span = own.parent if span is own else span
        tally.inside += bool(span and span.records())
        if span and span.library and not any(self.project.is_its_own(it.f_code) for it in frames(frame.f_back)):
            tally.from_library += 1
        work = current_work()
        if work and not function.helper:
            work.begins(span)

    def span_opened(self, span: Watched) -> None:
        frame = span.origin.frame if span.origin else None
        while frame is not None and self.project.function_of(frame.f_code) is span.function:
            inner, frame = frame, frame.f_back
            if span.function and inner.f_code.co_name == span.function.name.rpartition(".")[2]:
                if id(inner) not in self.opened:
                    self.opened[id(inner)] = inner
                    self.tallies.setdefault(span.function, Tally()).opened += 1
                return

    def rows(self) -> list[Row]:
        return [
            {
                "kind": "function", "file": it.file, "line": it.line, "name": it.name, "helper": it.helper, "sdk": self.sdk,
                "calls": tally.calls, "inside": tally.inside, "opened": tally.opened, "from_library": tally.from_library,
            }
            for it, tally in self.tallies.items()
        ]


def begins(frame: FrameType) -> bool:
    """Generators and coroutines are entered again and again: only where the body starts is a run."""
    return frame.f_lasti <= start_of(frame.f_code)


@functools.cache
def start_of(code: CodeType) -> int:
    starts = (it.offset for it in dis.get_instructions(code) if it.opname == "RESUME")
    return next(starts, 0)
