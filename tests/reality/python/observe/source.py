"""The project's sources: which function a piece of running code belongs to, and how far its statement reaches."""
import ast
import fnmatch
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Function:
    file: str
    line: int
    name: str
    helper: bool
    first_line: int
    last_line: int
    body_line: int
    decorated: bool


@dataclass(frozen=True)
class Place:
    file: str
    line: int
    end_line: int


class Source:
    """One file."""

    def __init__(self, path: Path, file: str, helpers: list[str]) -> None:
        self.file = file
        self.tree = ast.parse(path.read_text())
        self.functions = list(self._functions(self.tree, "", helpers))
        self._by_start = {(it.first_line, it.name.rpartition(".")[2]): it for it in self.functions}
        self.statements = [it for it in ast.walk(self.tree) if isinstance(it, ast.stmt)]

    def _functions(self, node: ast.AST, around: str, helpers: list[str]) -> Iterator[Function]:
        for child in ast.iter_child_nodes(node):
            name = around
            if isinstance(child, (*FUNCTIONS, ast.ClassDef)):
                name = f"{around}.{child.name}" if around else child.name
            if isinstance(child, FUNCTIONS):
                first = min([child.lineno, *(it.lineno for it in child.decorator_list)])
                helper = any(fnmatch.fnmatch(f"{self.file}:{name}", it) for it in helpers)
                yield Function(
                    self.file, child.lineno, name, helper, first, child.end_lineno or first, child.body[0].lineno,
                    bool(child.decorator_list),
                )
            yield from self._functions(child, name, helpers)

    def imported(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (it.name.partition(".")[0] for it in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield (node.module or "").partition(".")[0]

    def function_of(self, code: CodeType) -> Function | None:
        """A lambda, a comprehension and the body of a class belong to the function around them."""
        exact = self._by_start.get((code.co_firstlineno, code.co_name))
        return exact or self.around(code.co_firstlineno)

    def around(self, line: int) -> Function | None:
        inside = [it for it in self.functions if it.first_line <= line <= it.last_line]
        return max(inside, key=lambda it: it.first_line, default=None)

    def statement(self, line: int) -> tuple[int, int]:
        """The lines of the statement that is running there; of one with a block, those before the block."""
        around = [it for it in self.statements if first_line(it) <= line <= (it.end_lineno or it.lineno)]
        if not around:
            return line, line
        found = max(around, key=lambda it: (first_line(it), -(it.end_lineno or 0)))
        body = getattr(found, "body", None)
        last = body[0].lineno - 1 if body else found.end_lineno or line
        return first_line(found), max(last, first_line(found))


def first_line(statement: ast.stmt) -> int:
    return min([statement.lineno, *(it.lineno for it in getattr(statement, "decorator_list", []))])


class Project:
    def __init__(self, root: Path, helpers: list[str]) -> None:
        self.root = root
        self.sources = {
            str(path): Source(path, path.relative_to(root).as_posix(), helpers) for path in sorted(root.rglob("*.py"))
        }
        #: Packages, by the first part of their names.
        self.imported = {name for it in self.sources.values() for name in it.imported()}

    @functools.cache
    def function_of(self, code: CodeType) -> Function | None:
        source = self.sources.get(code.co_filename)
        return source.function_of(code) if source else None

    def is_its_own(self, code: CodeType) -> bool:
        return code.co_filename in self.sources

    @functools.cache
    def place(self, filename: str, line: int) -> Place:
        source = self.sources[filename]
        first, last = source.statement(line)
        return Place(source.file, first, last)
