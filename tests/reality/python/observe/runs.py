"""Each run of a function of the project: where it began, and whether a span was opened by it or for it."""
import dis
import functools
import sys
import threading
from collections import Counter
from collections.abc import Callable
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
    #: Runs that opened none so far, each with the line that it came to.
    bare: dict[int, tuple[FrameType, int]] = field(default_factory=dict)
    calls_out: Any = None

    def watch(self) -> None:
        self.spans.on_open = self.span_opened
        profile = self.profile()
        threading.setprofile(profile)
        sys.setprofile(profile)

    def profile(self) -> Callable[[FrameType, str, Any], None]:
        """Called for every call of the program: what is not the project's own leaves at once."""
        sources, bare = self.project.sources, self.bare

        def profile(frame: FrameType, event: str, arg: Any) -> None:
            if frame.f_code.co_filename not in sources:
                return
            if event == "call" and begins(frame):
                function = self.project.function_of(frame.f_code)
                if function and frame.f_code.co_name == function.name.rpartition(".")[2]:
                    self.begin(function, frame)
            elif event == "return" and id(frame) in bare:
                bare[id(frame)] = frame, frame.f_lineno
            elif event == "c_call" and self.calls_out:
                self.calls_out(frame, arg)

        return profile

    def begin(self, function: Function, frame: FrameType) -> None:
        tally = self.tallies.setdefault(function, Tally())
        tally.calls += 1
        span = self.spans.watched(trace.get_current_span())
        own = self.spans.claim(function, span)
        self.bare[id(frame)] = frame, frame.f_lineno
        if own:
            tally.opened += 1
            self.opened[id(frame)] = frame
            self.bare.pop(id(frame), None)
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
                    self.bare.pop(id(inner), None)
                    self.tallies.setdefault(span.function, Tally()).opened += 1
                return

    def left_before(self) -> Counter[Function]:
        """Runs that opened no span because they ended above the line where others open theirs."""
        opens: dict[Function, int] = {}
        for span in self.spans.all:
            if span.function and span.origin and span.origin.frame is not None:
                opens[span.function] = min(span.origin.place.line, opens.get(span.function, span.origin.place.line))
        functions = ((self.project.function_of(frame.f_code), line) for frame, line in self.bare.values())
        return Counter(it for it, line in functions if it and it in opens and line < opens[it])

    def rows(self) -> list[Row]:
        left = self.left_before()
        return [
            {
                "kind": "function", "file": it.file, "line": it.line, "name": it.name, "helper": it.helper, "sdk": self.sdk,
                "calls": tally.calls, "inside": tally.inside, "opened": tally.opened, "from_library": tally.from_library,
                "left_before": left[it],
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
