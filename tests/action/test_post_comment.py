"""The comment of a pull request, against a server that answers as GitHub's GraphQL API."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.lab_support import ROOT

MARKER = "<!-- delivery-lab diff: orders -->"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("post_comment", ROOT / "action" / "post_comment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


POST = _load()


class GitHub:
    """A pull request with comments, two a page; what is asked to change is kept."""

    def __init__(self, comments: list[dict[str, Any]], status: int = 200) -> None:
        self.changes: list[tuple[str, dict[str, Any]]] = []
        self.comments, self.status, self.errors = comments, status, [""][:0]
        self.tokens: set[str] = set()
        github = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                github.tokens.add(self.headers["Authorization"])
                body = json.dumps(github.answer(asked["query"], asked["variables"])).encode()
                self.send_response(github.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/graphql"

    def answer(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        if self.errors:
            return {"errors": [{"message": text} for text in self.errors]}
        if query.startswith("mutation"):
            self.changes.append((query.split("{", 1)[1].split("(", 1)[0].strip(), variables))
            return {"data": {}}
        if variables["number"] != 7:
            return {"data": {"repository": {"pullRequest": None}}}
        start = int(variables["after"] or 0)
        page = {"hasNextPage": start + 2 < len(self.comments), "endCursor": str(start + 2)}
        nodes = self.comments[start : start + 2]
        return {"data": {"repository": {"pullRequest": {"id": "PR", "comments": {"nodes": nodes, "pageInfo": page}}}}}


def said(identity: str, body: str, *, ours: bool = True, hidden: bool = False) -> dict[str, Any]:
    return {"id": identity, "body": body, "isMinimized": hidden, "viewerDidAuthor": ours}


OTHERS = [
    said("A", "looks good"),
    said("B", f"{MARKER}\nforged", ours=False),
    said("C", "<!-- delivery-lab diff: invoices -->\nof another project"),
]


@pytest.fixture
def github(request: pytest.FixtureRequest) -> Iterator[GitHub]:
    server = GitHub([*OTHERS, *getattr(request, "param", [])])
    thread = threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.server.shutdown()
    thread.join()
    server.server.server_close()


@pytest.fixture
def environment(github: GitHub, tmp_path: Path) -> dict[str, str]:
    comment = tmp_path / "comment.md"
    comment.write_text(f"{MARKER}\n### 3 of 10 messages will be lost\n", encoding="utf-8")
    return {
        "GITHUB_GRAPHQL_URL": github.url,
        "GITHUB_TOKEN": "token",
        "GITHUB_REPOSITORY": "acme/shop",
        "LAB_PULL_REQUEST": "7",
        "LAB_COMMENT_MODE": "update",
        "LAB_COMMENT": str(comment),
    }


def posted(environment: dict[str, str]) -> str:
    done: str = POST.post(POST.Settings.of(environment))
    return done


EARLIER = pytest.mark.parametrize(
    "github", [[said("D", f"{MARKER}\r\nolder", hidden=True), said("E", f"{MARKER}\nold")]], indirect=True
)


def test_without_an_earlier_comment_there_is_a_new_one(github: GitHub, environment: dict[str, str]) -> None:
    assert posted(environment) == "wrote a comment"
    body = f"{MARKER}\n### 3 of 10 messages will be lost\n"
    assert github.changes == [("addComment", {"id": "PR", "body": body})]
    assert github.tokens == {"bearer token"}


@EARLIER
def test_the_last_comment_of_ours_is_updated(github: GitHub, environment: dict[str, str]) -> None:
    assert posted(environment) == "updated the comment"
    assert [(name, given["id"]) for name, given in github.changes] == [("updateIssueComment", "E")]


@EARLIER
def test_earlier_ones_stay_where_new_ones_are_wanted(github: GitHub, environment: dict[str, str]) -> None:
    posted({**environment, "LAB_COMMENT_MODE": "new"})
    assert [(name, given["id"]) for name, given in github.changes] == [("addComment", "PR")]


@EARLIER
def test_earlier_ones_are_hidden_once(github: GitHub, environment: dict[str, str]) -> None:
    posted({**environment, "LAB_COMMENT_MODE": "hide-and-new"})
    assert [(name, given["id"]) for name, given in github.changes] == [("minimizeComment", "E"), ("addComment", "PR")]


def test_where_nothing_differs_there_is_no_new_comment(github: GitHub, environment: dict[str, str]) -> None:
    assert posted({**environment, "LAB_DIFFERS": "false"}) == "nothing differs: no comment"
    assert github.changes == []


@EARLIER
def test_where_nothing_differs_any_more_the_comment_says_so(github: GitHub, environment: dict[str, str]) -> None:
    assert posted({**environment, "LAB_DIFFERS": "false"}) == "updated the comment"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"LAB_COMMENT_MODE": "sometimes"}, "comment is 'sometimes'; it is none or one of update, new, hide-and-new"),
        ({"LAB_PULL_REQUEST": "seven"}, "LAB_PULL_REQUEST is 'seven'; it is a number"),
        ({"LAB_PULL_REQUEST": "8"}, "there is no pull request 8 in acme/shop"),
        ({"LAB_COMMENT": "/nowhere.md"}, "the comment /nowhere.md cannot be read: No such file or directory"),
    ],
)
def test_bad_input_is_told(github: GitHub, environment: dict[str, str], changed: dict[str, str], told: str) -> None:
    with pytest.raises(POST.PostError) as raised:
        posted({**environment, **changed})
    assert str(raised.value) == told


def test_what_github_refuses_is_a_warning_and_no_failure(
    github: GitHub, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    github.errors = ["Resource not accessible by integration"]

    assert POST.main() == 0
    assert capsys.readouterr().out == (
        "::warning::Delivery Lab: no comment was written: GitHub refuses it: Resource not accessible by integration. "
        "The job's summary has it.\n"
    )
    github.errors, github.status = [], 502
    assert POST.main() == 0
    assert "GitHub answers 502 Bad Gateway" in capsys.readouterr().out
    monkeypatch.delenv("GITHUB_TOKEN")
    assert POST.main() == 0
    assert "the environment variable GITHUB_TOKEN is not set" in capsys.readouterr().out
