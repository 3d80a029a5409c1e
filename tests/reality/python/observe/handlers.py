"""What becomes of caught exceptions. The project's modules are compiled with one more block in each of their handlers, which tells
when the handler begins and how it ends; lines and statements stay what they are."""
import ast
import importlib.machinery
import logging
import sys
import threading
from dataclasses import dataclass
from types import CodeType, TracebackType
from typing import Any

from opentelemetry import trace

from .rows import Row
from .source import Function, Project
from .spans import Spans

NAME = "__handled__"
BROAD = {"Exception", "BaseException"}


class Handlers:
    def __init__(self, project: Project, spans: Spans) -> None:
        self.project = project
        self.spans = spans
        self.rows: list[Row] = []
        self.here = threading.local()

    def watch(self) -> None:
        self.spans.on_recorded = lambda error: [it.is_recorded(error) for it in self.open()]
        original = logging.Logger.handle

        def handle(logger: logging.Logger, record: logging.LogRecord) -> None:
            for it in self.open():
                it.is_logged(record)
            original(logger, record)

        logging.Logger.handle = handle
        watcher = self

        class Loader(importlib.machinery.SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType:
                path = self.get_filename(fullname)
                return watcher.compiled(self.get_data(path), path)

            def exec_module(self, module: Any) -> None:
                module.__dict__[NAME] = watcher.handled(self.get_filename(module.__name__))
                super().exec_module(module)

        finder = importlib.machinery.FileFinder.path_hook((Loader, [".py"]))
        sys.path_hooks.insert(0, lambda path: finder(path) if self.is_its_own(path) else refuse())
        sys.path_importer_cache.clear()

    def is_its_own(self, folder: str) -> bool:
        return f"{folder}/".startswith(f"{self.project.root}/")

    def compiled(self, text: bytes, path: str) -> CodeType:
        tree = ast.fix_missing_locations(Marker().visit(ast.parse(text)))
        return compile(tree, path, "exec", dont_inherit=True)

    def open(self) -> "list[Handled]":
        if not hasattr(self.here, "open"):
            self.here.open = []
        return self.here.open

    def handled(self, path: str) -> Any:
        source = self.project.sources.get(path)

        def begin(line: int, end_line: int, broad: bool) -> Handled:
            span = self.spans.watched(trace.get_current_span())
            inside = bool(span and span.records())
            function = source.around(line)
            own = bool(span and span.function is function)
            return Handled(self, source.file, line, end_line, function, inside, own, broad, sys.exc_info()[1])

        return begin


class Marker(ast.NodeTransformer):
    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        named = ast.walk(node.type) if node.type else []
        broad = node.type is None or any(isinstance(it, ast.Name) and it.id in BROAD for it in named)
        last = node.body[0].lineno - 1
        args = [node.lineno, max(node.lineno, last), broad]
        call = ast.Call(ast.Name(NAME, ast.Load()), [ast.Constant(it) for it in args], [])
        block = ast.With([ast.withitem(call)], node.body)
        node.body = [ast.copy_location(block, node.body[0])]
        return node


@dataclass(eq=False)
class Handled:
    """One run of a handler."""

    handlers: Handlers
    file: str
    line: int
    end_line: int
    function: Function | None
    inside: bool
    #: In a span of this very function.
    own: bool
    broad: bool
    error: BaseException | None
    recorded: bool = False
    logged: bool = False

    def is_recorded(self, error: BaseException | None) -> None:
        self.recorded = self.recorded or error is None or error is self.error

    def is_logged(self, record: logging.LogRecord) -> None:
        self.logged = self.logged or record.levelno >= logging.WARNING
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        told = bool(str(self.error)) and str(self.error) in record.getMessage()
        self.recorded = self.recorded or error is self.error or told

    def __enter__(self) -> None:
        self.handlers.open().append(self)

    def __exit__(self, kind: Any, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.handlers.open().remove(self)
        raised = error is not None and not isinstance(error, GeneratorExit)
        at = {"file": self.file, "line": self.line, "end_line": self.end_line}
        self.handlers.rows.append({
            "kind": "handler", **at, "function": self.function.line if self.function else None, "inside": self.inside,
            "raised": raised, "recorded": self.recorded, "logged": self.logged, "broad": self.broad,
        })
        lost: bool | None = self.inside and self.broad and not (raised or self.recorded)
        if lost and (self.logged or not self.own):
            lost = None
        self.handlers.rows.append({"kind": "effect", "rule": "unrecorded-exception", **at, "shown": lost})


def refuse() -> Any:
    raise ImportError
