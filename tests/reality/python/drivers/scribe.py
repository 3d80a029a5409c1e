"""The catalogue: answers that can be used, answers that cannot be read, a model that is down, a budget that is too small."""
import json
from pathlib import Path

from drivers.tools import answer_http, cli, programs

HELPERS = ["src/scribe/tracing.py:*"]

BOOKS = [
    {"title": "Emma", "author": "Austen"},
    {"title": "Persuasion", "author": "Austen", "genres": ["novel"]},
    {"title": "Ulysses", "summary": "A day in Dublin."},
    {"title": "Walden", "genres": ["essay"], "summary": "A house at a pond."},
]


def with_sdk() -> None:
    from scribe.cli import app

    with answer_http({"/v1/chat/completions": answer, "/v1/models": {"object": "list", "data": [{"id": "small-1"}]}}):
        cli(app, "enrich", catalogue("books.json", BOOKS))
        cli(app, "review", "books.json")
        cli(app, "enrich", catalogue("few.json", BOOKS[3:]), fails=True)
        cli(app, "enrich", catalogue("broken.json", [{"title": "Gibberish", "genres": ["x"]}]), fails=True)
        cli(app, "enrich", catalogue("poor.json", BOOKS), "--budget", "15", fails=True)
        cli(app, "models")
        cli(app, "review", "books.json", "--most", "1")
    with answer_http({"/v1/chat/completions": 500}):
        cli(app, "enrich", catalogue("down.json", BOOKS[:1]), fails=True)
        cli(app, "review", "books.json")
    with programs("scribe-edit"):
        cli(app, "edit", "books.json")


def without_sdk() -> None:
    """The helpers alone: what enriches asks for a tracer of its own."""
    from scribe.tracing import add_result, add_usage, ask_span, command, went_wrong

    with ask_span("none"):
        add_usage("none", 1, 1)
        add_result(score=1)
        went_wrong(ValueError())
    assert command("nothing")(len)("four") == 4


def catalogue(name: str, books: list) -> str:
    Path(name).write_text(json.dumps(books))
    return name


def answer(request) -> dict:
    asked = json.loads(request.content)
    prompt = asked["messages"][0]["content"]
    text = json.dumps({"genres": ["Novel ", "satire"], "summary": "Long. " * 20})
    if "Gibberish" in prompt:
        text = "I would rather not"
    elif asked["model"] == "judge-1":
        text = json.dumps({"score": 0.7, "reasons": ["brief"]}) if "Dublin" not in prompt else "no"
    message = {"role": "assistant", "content": text}
    return {
        "id": "a", "object": "chat.completion", "created": 1, "model": asked["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    }
