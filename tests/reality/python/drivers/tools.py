"""What drivers share: commands of a typer application, servers that answer from a table, programs that do nothing."""
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def cli(app: Any, *arguments: str, fails: bool = False, given: str | None = None) -> str:
    """Runs one command; whether it fails has to be known beforehand."""
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, list(arguments), input=given)
    if (result.exit_code != 0) != fails:
        raise AssertionError(f"{arguments}: status {result.exit_code}\n{result.output}") from result.exception
    return result.output


@contextlib.contextmanager
def answer_http(answers: dict[str, Any]) -> Iterator[None]:
    """Every client of httpx is answered from a table of paths: JSON, a status where it is a number, or what a function makes of the
    request. Others get 404."""
    import httpx

    def answer(request: httpx.Request) -> httpx.Response:
        found = answers.get(request.url.path, 404)
        found = found(request) if callable(found) else found
        return httpx.Response(found) if isinstance(found, int) else httpx.Response(200, json=found)

    async def answer_async(request: httpx.Request) -> httpx.Response:
        return answer(request)

    sync, asynchronous = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    httpx.HTTPTransport.handle_request = lambda transport, request: answer(request)
    httpx.AsyncHTTPTransport.handle_async_request = lambda transport, request: answer_async(request)
    try:
        yield
    finally:
        httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request = sync, asynchronous


@contextlib.contextmanager
def programs(*names: str, status: int = 0, prints: str = "") -> Iterator[None]:
    """Programs of these names, which only print something and end with a status."""
    path = os.environ["PATH"]
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            program = Path(folder, name)
            program.write_text(f"#!/bin/sh\nprintf '%s' '{prints}'\nexit {status}\n")
            program.chmod(0o755)
        os.environ["PATH"] = f"{folder}{os.pathsep}{path}"
        try:
            yield
        finally:
            os.environ["PATH"] = path
