"""Which code of the project is behind something that happens: the stack, looked at from where it happens outwards."""
import contextlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import Any

from .source import Function, Place, Project

HERE = os.path.dirname(os.path.abspath(__file__))
STANDARD = sysconfig.get_paths()["stdlib"]
SITE = sysconfig.get_paths()["purelib"]
INSTRUMENTATION = os.path.join("opentelemetry", "instrumentation")


@dataclass
class Origin:
    """The function that something counts for, and where in it."""

    function: Function | None
    place: Place
    #: Of a function that has it by a decorator, the frame is not there yet.
    frame: FrameType | None
    #: The helpers in between, as `file:line` of their definitions.
    through: tuple[str, ...] = ()


def frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        if not frame.f_code.co_filename.startswith(HERE):
            yield frame
        frame = frame.f_back


def origin(project: Project, start: FrameType) -> Origin | None:
    """The innermost code of the project that is no helper; helpers that hold the function that they decorate stand for it."""
    helper = None
    through: list[str] = []
    for frame in frames(start):
        mine = project.is_its_own(frame.f_code)
        function = project.function_of(frame.f_code) if mine else None
        if mine and not (function and function.helper):
            place = project.place(frame.f_code.co_filename, frame.f_lineno)
            return Origin(function, place, frame, tuple(through))
        decorated = decorated_function(project, frame, mine)
        if mine and function:
            through.append(f"{function.file}:{function.line}")
        if decorated:
            place = Place(decorated.file, decorated.first_line, decorated.body_line)
            return Origin(decorated, place, None, tuple(through))
        if mine and helper is None:
            helper = Origin(function, project.place(frame.f_code.co_filename, frame.f_lineno), frame)
    return helper


def decorated_function(project: Project, frame: FrameType, mine: bool) -> Function | None:
    for value in held(frame, mine):
        code = code_of(value)
        function = project.function_of(code) if code and project.is_its_own(code) else None
        if function and function.decorated and not function.helper:
            return function
    return None


def held(frame: FrameType, mine: bool) -> Iterator[Any]:
    """What a wrapper holds on to: variables of the function around it, or members of its object."""
    free = frame.f_code.co_freevars
    if free:
        yield from (value for name, value in frame.f_locals.items() if name in free)
    if mine and "self" in frame.f_code.co_varnames:
        yield from getattr(frame.f_locals.get("self"), "__dict__", {}).values()


def code_of(value: Any) -> CodeType | None:
    for _ in range(10):
        inner = getattr(value, "__wrapped__", None) or getattr(value, "__func__", None)
        if inner is None:
            break
        value = inner
    return value.__code__ if isinstance(value, FunctionType) else None


def nearest(project: Project, start: FrameType, through: tuple[str, ...] = ()) -> Origin | None:
    """The innermost code of the project, if nothing but the standard library and the packages named lies in between."""
    for frame in frames(start):
        path = frame.f_code.co_filename
        if project.is_its_own(frame.f_code):
            function = project.function_of(frame.f_code)
            return Origin(function, project.place(path, frame.f_lineno), frame)
        in_packages = path.startswith(SITE)
        if in_packages and not any(f"{os.sep}{it}{os.sep}" in path for it in through):
            return None
    return None


def by_a_library(start: FrameType) -> bool:
    """Does an instrumentation library do it, and not the project?"""
    for frame in frames(start):
        path = frame.f_code.co_filename
        if INSTRUMENTATION in path:
            return True
        if not path.startswith((SITE, STANDARD, "<")):
            return False
    return False


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
    """Calls in here are the watcher's own."""
    profile = sys.getprofile()
    sys.setprofile(None)
    try:
        yield
    finally:
        sys.setprofile(profile)
