"""Every span of the real SDK from its start to its end, who opened it and for which function, and what was written to it."""
import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from opentelemetry import context, trace
from opentelemetry.sdk import trace as sdk
from opentelemetry.trace import NonRecordingSpan, StatusCode
from opentelemetry.util._decorator import _AgnosticContextManager

from .rows import Row
from .source import Function, Place, Project
from .stack import Origin, by_a_library, frames, origin

LIBRARIES = "opentelemetry.instrumentation."
#: What attributes have always been made of.
PLAIN = {str, bool, int, float, bytes}


@dataclass(eq=False)
class Watched:
    span: sdk.Span
    library: bool
    origin: Origin | None
    parent: "Watched | None"
    frame: FrameType | None
    activated: bool = False
    #: A function that this span was opened for by a decorator has begun.
    claimed: bool = False
    exceptions: list[tuple[int, Origin | None]] = field(default_factory=list)

    @property
    def function(self) -> Function | None:
        return self.origin.function if self.origin else None

    @property
    def trace(self) -> int:
        return self.span.get_span_context().trace_id

    def records(self) -> bool:
        return self.span.is_recording()

    def awaits(self, function: Function) -> bool:
        """Opened by a decorator for a run of this function that has not begun yet."""
        return not self.claimed and self.function is function and self.origin is not None and self.origin.frame is None


class Spans:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.all: list[Watched] = []
        self.others: list[Row] = []
        #: Where something was written, and whether to a span that records; None where that was asked, and nothing written.
        self.enrichments: dict[tuple[Place, bool | None], int] = {}
        self.asked: list[tuple[Any, Origin]] = []
        self.on_open: Callable[[Watched], None] = lambda span: None
        self.on_start_in_work: Callable[[Watched], None] = lambda span: None
        self.on_recorded: Callable[[BaseException | None], None] = lambda error: None
        self._by_id: dict[int, Watched] = {}
        self._awaiting: dict[Function, list[Watched]] = {}
        self._lock = threading.Lock()
        self._writes = threading.local()

    def watch(self) -> None:
        self._watch_start()
        self._watch_current()
        self._watch_writes()
        self._watch_orphans()
        self._watch_requests()

    def watched(self, span: trace.Span) -> Watched | None:
        found = self._by_id.get(span.get_span_context().span_id)
        return found if found and found.span is span else None

    def claim(self, function: Function, current: Watched | None) -> Watched | None:
        """The span that was opened for this run of a decorated function: the current one, or one that ended too early."""
        with self._lock:
            waiting = self._awaiting.get(function, [])
            span = current if current in waiting else next((it for it in waiting if not it.records()), None)
            if span is None and waiting and not waiting[-1].activated:
                span = waiting[-1]
            if span:
                waiting.remove(span)
        if span and span.origin:
            span.claimed = True
            if function.decorated:
                self.effect("decorator-ends-early", span.origin.place, not span.records())
        return span

    # What happens to spans.

    def _watch_start(self) -> None:
        original = sdk.Tracer.start_span

        def start_span(tracer: sdk.Tracer, *args: Any, **kwargs: Any) -> trace.Span:
            span = original(tracer, *args, **kwargs)
            if isinstance(span, sdk.Span):
                self._started(span, value(args, kwargs, 3, "attributes") or {}, sys._getframe(1))
            return span

        sdk.Tracer.start_span = start_span

    def _started(self, span: sdk.Span, given: Mapping[str, Any], frame: FrameType) -> None:
        scope = span.instrumentation_scope.name if span.instrumentation_scope else ""
        library = scope.startswith(LIBRARIES)
        parent = self._by_id.get(span.parent.span_id) if span.parent else None
        found = None if library else origin(self.project, frame)
        watched = Watched(span, library, found, parent, found.frame if found else None)
        self.all.append(watched)
        self._by_id[span.get_span_context().span_id] = watched
        self.on_start_in_work(watched)
        self._below_one_that_is_not_current(watched, frame)
        if library or found is None:
            return
        for key in given:
            self._attribute(key, "span", found, watched)
        if found.frame is None and found.function:
            with self._lock:
                self._awaiting.setdefault(found.function, []).append(watched)
        self.on_open(watched)

    def _below_one_that_is_not_current(self, child: Watched, frame: FrameType) -> None:
        for span in self.not_current(frame):
            if span is not child and child.parent is not span and span.origin:
                self.effect("span-not-current", span.origin.place, True)

    def not_current(self, frame: FrameType) -> list[Watched]:
        """Open spans that functions started which are still running, and that were never made current."""
        open_ones = [it for it in self.all if it.frame is not None and not it.library and not it.activated and it.records()]
        running = {id(it) for it in frames(frame)} if open_ones else set()
        return [it for it in open_ones if id(it.frame) in running]

    def goes_out(self, frame: FrameType) -> None:
        """What leaves the process below such a span has no span of its own here: whether it is missed, the rule leaves open."""
        for span in self.not_current(frame):
            if span.origin:
                self.effect("span-not-current", span.origin.place, None)

    def _watch_current(self) -> None:
        original = context.attach

        def attach(given: Any) -> Any:
            watched = self.watched(trace.get_current_span(given))
            if watched:
                watched.activated = True
            return original(given)

        context.attach = attach

    def _watch_writes(self) -> None:
        for name in ("set_attribute", "set_attributes", "add_event", "record_exception", "set_status", "update_name"):
            setattr(sdk.Span, name, self._writing(name, getattr(sdk.Span, name)))

    def _writing(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        """What one write does by others is part of it."""
        inner = self._writes

        def write(span: sdk.Span, *args: Any, **kwargs: Any) -> Any:
            if getattr(inner, "busy", False):
                return original(span, *args, **kwargs)
            inner.busy = True
            try:
                alive = span.is_recording()
                result = original(span, *args, **kwargs)
                self._written(span, name, alive, args, kwargs, sys._getframe(1))
                return result
            finally:
                inner.busy = False

        return write

    def _written(self, span: sdk.Span, name: str, alive: bool, args: Any, kwargs: Any, frame: FrameType) -> None:
        watched = self.watched(span)
        by_project = not by_a_library(frame) and not in_the_sdk(frame)
        found = origin(self.project, frame) if by_project else None
        if watched is None:
            return
        if found:
            self._enriched(found.place, alive)
            self.effect("dead-enrichment", found.place, not alive)
        if name == "record_exception":
            self._exception(watched, value(args, kwargs, 0, "exception"), found)
        elif name == "set_status" and alive and span.status.status_code is StatusCode.ERROR:
            self.on_recorded(None)
        elif found and name == "set_attribute":
            self._attribute(value(args, kwargs, 0, "key"), "span", found, watched)
        elif found and name == "set_attributes":
            for key in value(args, kwargs, 0, "attributes") or {}:
                self._attribute(key, "span", found, watched)
        elif found and name == "add_event":
            self.others.append({"kind": "event", "name": value(args, kwargs, 0, "name"), **at(found)})
            for key in value(args, kwargs, 1, "attributes") or {}:
                self._attribute(key, "event", found)

    def _exception(self, watched: Watched, error: BaseException, found: Origin | None) -> None:
        self.on_recorded(error)
        causes = {id(it) for it in with_causes(error)}
        for known, before in watched.exceptions:
            if known in causes and before:
                self.effect("double-recorded-exception", before.place, True)
        if found:
            self.effect("double-recorded-exception", found.place, False)
        watched.exceptions.append((id(error), found))

    def _attribute(self, key: str, target: str, found: Origin, watched: Watched | None = None) -> None:
        self.others.append({"kind": "attribute", "key": str(key), "target": target, **at(found)})
        if watched and watched.records():
            kept = watched.span.attributes or {}
            self.effect("attribute-type", found.place, key not in kept or not kept_by_every_sdk(kept[key]))

    def _watch_orphans(self) -> None:
        for name in ("set_attribute", "set_attributes", "add_event", "record_exception", "set_status", "update_name"):
            setattr(NonRecordingSpan, name, self._orphaned(getattr(NonRecordingSpan, name), False))
        # Who asks first, as helpers do, writes nothing then.
        NonRecordingSpan.is_recording = self._orphaned(NonRecordingSpan.is_recording, None)

    def _orphaned(self, original: Callable[..., Any], alive: bool | None) -> Callable[..., Any]:
        def write(span: NonRecordingSpan, *args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            found = None if by_a_library(frame) or in_the_sdk(frame) else origin(self.project, frame)
            if found:
                self._enriched(found.place, alive)
            return original(span, *args, **kwargs)

        return write

    def _enriched(self, place: Place, alive: bool | None) -> None:
        self.enrichments[place, alive] = self.enrichments.get((place, alive), 0) + 1

    def _watch_requests(self) -> None:
        """`start_as_current_span` only promises a span: what it gives back has to be entered."""
        original = sdk.Tracer.start_as_current_span

        def start_as_current_span(tracer: sdk.Tracer, *args: Any, **kwargs: Any) -> Any:
            promise = original(tracer, *args, **kwargs)
            found = origin(self.project, sys._getframe(1))
            if found:
                self.asked.append((promise, found))
            return promise

        sdk.Tracer.start_as_current_span = start_as_current_span
        decorate = _AgnosticContextManager.__call__

        def decorates(promise: Any, function: Any) -> Any:
            self.asked = [it for it in self.asked if it[0] is not promise]
            return decorate(promise, function)

        _AgnosticContextManager.__call__ = decorates

    # What is told in the end.

    def effect(self, rule: str, place: Place, shown: bool | None) -> None:
        self.others.append({"kind": "effect", "rule": rule, **lines(place), "shown": shown})

    def rows(self) -> list[Row]:
        for watched in self.all:
            if watched.origin and not watched.library:
                self.effect("span-never-ended", watched.origin.place, watched.records())
                self.effect("span-not-current", watched.origin.place, False)
        for place in {place for place, _ in self.enrichments}:
            met, missed = ((place, it) in self.enrichments for it in (True, False))
            self.effect("orphan-enrichment", place, False if met else True if missed else None)
        for promise, found in self.asked:
            self.effect("span-discarded", found.place, never_entered(promise))
        return self.others + [span_row(it) for it in self.all]


def never_entered(promise: Any) -> bool:
    return inspect.getgeneratorstate(promise.gen) == inspect.GEN_CREATED


def in_the_sdk(start: FrameType) -> bool:
    """Not asked for by the project's own code: the SDK does it as a span is left."""
    for frame in frames(start):
        path = frame.f_code.co_filename
        if frame.f_code.co_name in ("use_span", "__exit__") and "opentelemetry" in path:
            return True
        if "opentelemetry" not in path:
            return False
    return False


def kept_by_every_sdk(value: Any) -> bool:
    """Before 1.45 the SDK dropped everything but texts, numbers, booleans, and lists of one of these."""
    if isinstance(value, (tuple, list)):
        types = {type(it) for it in value if it is not None}
        return len(types) <= 1 and types <= PLAIN
    return type(value) in PLAIN


def with_causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, and those that were being handled when it was raised: all of them are one failure."""
    while error is not None:
        yield error
        error = error.__context__


def value(args: tuple[Any, ...], kwargs: dict[str, Any], index: int, name: str) -> Any:
    return args[index] if len(args) > index else kwargs.get(name)


def lines(place: Place) -> Row:
    return {"file": place.file, "line": place.line, "end_line": place.end_line}


def at(found: Origin) -> Row:
    function = found.function.line if found.function else None
    return {**lines(found.place), "function": function, "through": list(found.through)}


def span_row(watched: Watched) -> Row:
    span = watched.span
    place = at(watched.origin) if watched.origin else {"file": None, "line": None, "end_line": None, "function": None, "through": []}
    return {
        "kind": "span", "name": span.name, **place, "library": watched.library,
        "parent": watched.parent.span.name if watched.parent else None,
        "attributes": sorted(span.attributes or {}), "events": sorted(it.name for it in span.events),
        "status": span.status.status_code.name.lower(), "ended": span.end_time is not None,
    }


