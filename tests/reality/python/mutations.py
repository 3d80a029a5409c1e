"""Takes one piece of instrumentation out of a project, or puts one in: mutations.py TREE NUMBER.

Every place where that can be done is listed by kind, and the number draws a kind and a place. What comes out is a program that runs."""
import ast
import importlib
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from observe.source import FUNCTIONS, Source

NOTHING_TO_CHANGE = 3

#: What opens spans and what fills them, in the words of the projects and of the API.
OPENS = ("span", "stage", "traced", "trace_", "step", "peration", "section", "observed", "instrument_command", "command", "timed")
RECORDS = ("record_exception", "set_status", "mark_failed", "failed", "fail", "went_wrong")
FILLS = ("set_attribute", "set_attributes", "add_event", "add_attributes", "add_span_attribute", "add_span_attributes", "add_span_event")
OWN_FILLS = ("enrich", "note", "tag", "add_result")

IMPORT = "from opentelemetry import trace as added_trace"
DECORATOR = '@added_trace.get_tracer("added").start_as_current_span("added.span")'
RECORD = "added_trace.get_current_span().record_exception({name})"

Lines = list[str]


@dataclass
class Mutation:
    kind: str
    path: Path
    line: int
    change: Callable[[Lines], None]
    #: Of what is drawn first, so that rare kinds come as often as common ones.
    group: str


def main(tree: Path, number: int) -> None:
    driver = importlib.import_module(f"drivers.{tree.name.replace('-', '_')}")
    may_import = not hasattr(driver, "without_sdk")
    kinds: dict[str, list[Mutation]] = {}
    for path in sorted(tree.rglob("*.py")):
        source = Source(path, path.relative_to(tree).as_posix(), driver.HELPERS)
        for it in mutations(source, path, may_import or "opentelemetry" in source.imported()):
            kinds.setdefault(it.group, []).append(it)
    if not kinds:
        sys.exit(NOTHING_TO_CHANGE)
    draw = random.Random(number)
    chosen = draw.choice(kinds[draw.choice(sorted(kinds))])
    lines = chosen.path.read_text().splitlines()
    chosen.change(lines)
    chosen.path.write_text("\n".join(lines) + "\n")
    print(f"{chosen.kind} in {chosen.path.relative_to(tree)}:{chosen.line}")


def mutations(source: Source, path: Path, may_import: bool) -> Iterator[Mutation]:
    top = after_docstring(source.tree)
    for node in ast.walk(source.tree):
        function = source.around(node.lineno) if isinstance(node, ast.stmt) else None
        if function is None or function.helper:
            continue
        if isinstance(node, (ast.With, ast.AsyncWith)):
            yield from without_span(node, path)
            if may_import and opens(node):
                yield from with_record(node, path, top)
        elif isinstance(node, FUNCTIONS):
            yield from without_decorator(node, path)
            if may_import:
                yield from with_decorator(node, path, top)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from without_call(node, node.value, path)


def after_docstring(tree: ast.Module) -> int:
    """The line before which an import can stand."""
    if not tree.body:
        return 1
    first = tree.body[0]
    has_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) + 1 if has_text else 1


def called(node: ast.AST) -> str:
    name = node.func if isinstance(node, ast.Call) else node
    return name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")


def opens(node: ast.With | ast.AsyncWith) -> bool:
    return any(word in called(it.context_expr) for it in node.items for word in OPENS)


def without_span(node: ast.With | ast.AsyncWith, path: Path) -> Iterator[Mutation]:
    """The block stays, its span goes. Only where the span has no name, and the block a line of its own."""
    if len(node.items) > 1 or node.items[0].optional_vars or not opens(node) or node.body[0].lineno == node.lineno:
        return

    def change(lines: Lines) -> None:
        clear(lines, node.lineno, node.body[0].lineno - 1)
        lines[node.lineno - 1] = f"{' ' * node.col_offset}if True:"

    yield Mutation("without `with`", path, node.lineno, change, "with")


def without_decorator(node: ast.FunctionDef | ast.AsyncFunctionDef, path: Path) -> Iterator[Mutation]:
    for it in node.decorator_list:
        # `@app.command()` makes a command of a function, `@command(..)` a trace of it.
        own = not isinstance(it, ast.Call) or isinstance(it.func, ast.Name) or called(it) == "start_as_current_span"
        if own and any(word in called(it) for word in OPENS):
            change = lambda lines, it=it: clear(lines, it.lineno, it.end_lineno or it.lineno)  # noqa: E731
            yield Mutation("without decorator", path, it.lineno, change, "decorator")


def with_decorator(node: ast.FunctionDef | ast.AsyncFunctionDef, path: Path, top: int) -> Iterator[Mutation]:
    generates = any(isinstance(it, (ast.Yield, ast.YieldFrom)) for it in ast.walk(node))
    if node.decorator_list or generates or node.name.startswith("_"):
        return

    def change(lines: Lines) -> None:
        lines.insert(node.lineno - 1, f"{' ' * node.col_offset}{DECORATOR}")
        lines.insert(top - 1, IMPORT)

    yield Mutation("with decorator", path, node.lineno, change, "new decorator")


def with_record(node: ast.With | ast.AsyncWith, path: Path, top: int) -> Iterator[Mutation]:
    """In a handler that has a name for what it caught, in the block of a span."""
    for handler in ast.walk(node):
        if isinstance(handler, ast.ExceptHandler) and handler.name and handler.body[0].lineno > handler.lineno:

            def change(lines: Lines, handler: ast.ExceptHandler = handler) -> None:
                indent = " " * handler.body[0].col_offset
                lines.insert(handler.body[0].lineno - 1, indent + RECORD.format(name=handler.name))
                lines.insert(top - 1, IMPORT)

            yield Mutation("with `record_exception`", path, handler.lineno, change, "new record")


def without_call(node: ast.Expr, call: ast.Call, path: Path) -> Iterator[Mutation]:
    if called(call) in (*RECORDS, *FILLS, *OWN_FILLS):

        def change(lines: Lines) -> None:
            clear(lines, node.lineno, node.end_lineno or node.lineno)
            lines[node.lineno - 1] = f"{' ' * node.col_offset}pass"

        group = "record" if called(call) in RECORDS else "call"
        yield Mutation(f"without `{called(call)}`", path, node.lineno, change, group)


def clear(lines: Lines, first: int, last: int) -> None:
    """Lines are emptied, not taken out: those below keep their numbers."""
    lines[first - 1 : last] = [""] * (last - first + 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
