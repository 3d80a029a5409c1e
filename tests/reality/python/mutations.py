"""Takes one piece of instrumentation out of a project, or puts one in: mutations.py TREE NUMBER.

Every place where that can be done is listed, and the number draws one of them. What is changed stays a program that runs."""
import ast
import importlib
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from observe.source import FUNCTIONS, Source

NOTHING_TO_CHANGE = 3
TRACER = "__import__('opentelemetry.trace', fromlist=['trace']).get_tracer('mutation')"


@dataclass
class Mutation:
    what: str
    file: Path
    line: int
    #: Gets the lines of the file and changes them.
    change: Callable[[list[str]], None]


def main(tree: Path, number: int) -> None:
    driver = importlib.import_module(f"drivers.{tree.name.replace('-', '_')}")
    kinds: dict[str, list[Mutation]] = {}
    for path in sorted(tree.rglob("*.py")):
        source = Source(path, path.relative_to(tree).as_posix(), driver.HELPERS)
        for it in mutations(source, path, getattr(driver, "LEFT_ALONE", [])):
            kinds.setdefault(it.what.split(" ")[0] + it.what.split(" ")[1], []).append(it)
    if not kinds:
        sys.exit(NOTHING_TO_CHANGE)
    draw = random.Random(number)
    chosen = draw.choice(kinds[draw.choice(sorted(kinds))])
    lines = chosen.file.read_text().splitlines()
    chosen.change(lines)
    chosen.file.write_text("\n".join(lines) + "\n")
    print(f"{chosen.what} in {chosen.file.relative_to(tree)}:{chosen.line}")


def mutations(source: Source, path: Path, left_alone: list[str]) -> Iterator[Mutation]:
    for node in ast.walk(source.tree):
        function = source.around(getattr(node, "lineno", 0)) if isinstance(node, ast.stmt) else None
        name = f"{source.file}:{function.name}" if function else ""
        if function is None or function.helper or name in left_alone:
            continue
        if isinstance(node, (ast.With, ast.AsyncWith)):
            yield from without_span(node, path)
        elif isinstance(node, FUNCTIONS) and not any(it.name == f"{function.name}.{node.name}" for it in [function]):
            yield from decorators(node, path)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from without_call(node, node.value, path)


OPENS = ("span", "stage", "traced", "step", "operation")
FILLS = ("record_exception", "set_attribute", "set_attributes", "add_event", "add_attributes", "add_span_attribute", "annotate")


def called(call: ast.AST) -> str:
    name = call.func if isinstance(call, ast.Call) else call
    return name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")


def without_span(node: ast.With | ast.AsyncWith, path: Path) -> Iterator[Mutation]:
    """The block stays, the span goes. Only where its name is not used."""
    item = node.items[0]
    if len(node.items) > 1 or item.optional_vars is not None or not any(it in called(item.context_expr) for it in OPENS):
        return

    def change(lines: list[str]) -> None:
        indent = " " * node.col_offset
        for line in range(node.lineno - 1, node.body[0].lineno - 1):
            lines[line] = ""
        lines[node.lineno - 1] = f"{indent}if True:"

    if node.body[0].lineno > node.lineno:
        yield Mutation("without span", path, node.lineno, change)


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef, path: Path) -> Iterator[Mutation]:
    generator = any(isinstance(it, (ast.Yield, ast.YieldFrom)) for it in ast.walk(node))
    for it in node.decorator_list:
        if any(word in called(it) for word in (*OPENS, "instrument")):

            def remove(lines: list[str], it: ast.expr = it) -> None:
                for line in range(it.lineno - 1, it.end_lineno or it.lineno):
                    lines[line] = ""

            yield Mutation("without decorator", path, it.lineno, remove)
    if not node.decorator_list and not generator and not node.name.startswith("_"):

        def decorate(lines: list[str]) -> None:
            indent = " " * node.col_offset
            lines[node.lineno - 1] = f"{indent}@{TRACER}.start_as_current_span('mutation.added')\n{lines[node.lineno - 1]}"

        yield Mutation("with decorator", path, node.lineno, decorate)


def without_call(node: ast.Expr, call: ast.Call, path: Path) -> Iterator[Mutation]:
    if called(call) in FILLS:

        def remove(lines: list[str]) -> None:
            for line in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[line] = ""
            lines[node.lineno - 1] = f"{' ' * node.col_offset}pass"

        yield Mutation(f"without {called(call)}", path, node.lineno, remove)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
