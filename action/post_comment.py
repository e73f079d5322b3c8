"""Writes the comment of a pull request through GitHub's GraphQL API.

A comment of an earlier run is found by its hidden first line, among those that the same account wrote. What is read
from the environment is listed in `Settings`.

Source: https://docs.github.com/en/graphql/reference/mutations (addComment, updateIssueComment, minimizeComment).
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

MODES = ("update", "new", "hide-and-new")
TIMEOUT_SECONDS = 30

_COMMENTS = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id
      comments(first: 100, after: $after) {
        nodes { id body isMinimized viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
_ADD = "mutation($id: ID!, $body: String!) { addComment(input: {subjectId: $id, body: $body}) { clientMutationId } }"
_UPDATE = (
    "mutation($id: ID!, $body: String!) { updateIssueComment(input: {id: $id, body: $body}) { clientMutationId } }"
)
_HIDE = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { clientMutationId } }"


class PostError(Exception):
    """The comment cannot be written."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the step says, from the environment.

    Attributes:
        url: of the GraphQL API (`GITHUB_GRAPHQL_URL`).
        token: `GITHUB_TOKEN`.
        owner: of the repository (`GITHUB_REPOSITORY`, before the slash).
        name: of the repository.
        number: of the pull request (`LAB_PULL_REQUEST`).
        mode: what becomes of an earlier comment (`LAB_COMMENT_MODE`).
        differs: whether anything differs (`LAB_DIFFERS`): where nothing does, there is a comment only if there was one.
        body: the comment, from the file `LAB_COMMENT`.
    """

    url: str
    token: str
    owner: str
    name: str
    number: int
    mode: str
    differs: bool
    body: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment.

        Raises:
            PostError: something is missing or means nothing.
        """
        try:
            owner, _, name = environ["GITHUB_REPOSITORY"].partition("/")
            mode = environ["LAB_COMMENT_MODE"]
            if mode not in MODES:
                raise PostError(f"comment is {mode!r}; it is none or one of {', '.join(MODES)}")
            return cls(
                environ.get("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
                environ["GITHUB_TOKEN"],
                owner,
                name,
                int(environ["LAB_PULL_REQUEST"]),
                mode,
                environ.get("LAB_DIFFERS", "true") == "true",
                Path(environ["LAB_COMMENT"]).read_text(encoding="utf-8"),
            )
        except KeyError as error:
            raise PostError(f"the environment variable {error.args[0]} is not set") from None
        except ValueError:
            raise PostError(f"LAB_PULL_REQUEST is {environ['LAB_PULL_REQUEST']!r}; it is a number") from None
        except OSError as error:
            raise PostError(f"the comment {environ['LAB_COMMENT']} cannot be read: {error.strerror}") from error

    @property
    def marker(self) -> str:
        """The hidden first line."""
        return self.body.partition("\n")[0]


def post(settings: Settings) -> str:
    """Write the comment.

    Returns:
        What was done, in a few words.

    Raises:
        PostError: GitHub refuses it, or cannot be reached.
    """
    pull_request, earlier = _earlier(settings)
    if settings.mode == "update" and earlier:
        _asked(settings, _UPDATE, {"id": earlier[-1]["id"], "body": settings.body})
        return "updated the comment"
    if settings.mode == "hide-and-new":
        for one in earlier:
            if not one["isMinimized"]:
                _asked(settings, _HIDE, {"id": one["id"]})
    if not settings.differs:
        return "nothing differs: no comment"
    _asked(settings, _ADD, {"id": pull_request, "body": settings.body})
    return "wrote a comment"


def _earlier(settings: Settings) -> tuple[str, list[dict[str, Any]]]:
    """The id of the pull request, and the comments of earlier runs, the oldest first."""
    found: list[dict[str, Any]] = []
    identity = ""
    for page in _pages(settings):
        identity = page["id"]
        found += [
            one
            for one in page["comments"]["nodes"]
            if one["viewerDidAuthor"] and one["body"].partition("\n")[0].rstrip("\r") == settings.marker
        ]
    return identity, found


def _pages(settings: Settings) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        variables = {"owner": settings.owner, "name": settings.name, "number": settings.number, "after": after}
        repository = _asked(settings, _COMMENTS, variables)["repository"]
        page: dict[str, Any] | None = repository and repository["pullRequest"]
        if page is None:
            raise PostError(f"there is no pull request {settings.number} in {settings.owner}/{settings.name}")
        yield page
        info = page["comments"]["pageInfo"]
        if not info["hasNextPage"]:
            return
        after = info["endCursor"]


def _asked(settings: Settings, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - the address is GitHub's, from the job
        settings.url,
        json.dumps({"query": query, "variables": variables}).encode(),
        {"Authorization": f"bearer {settings.token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - as above
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise PostError(f"GitHub answers {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:
        raise PostError(f"GitHub gave no answer: {error}") from error
    if answer.get("errors"):
        raise PostError(f"GitHub refuses it: {'; '.join(one['message'] for one in answer['errors'])}")
    data: dict[str, Any] = answer["data"]
    return data


def main() -> int:
    """Write the comment; a pull request that gets no comment does not fail for that."""
    try:
        print(f"Delivery Lab: {post(Settings.of(os.environ))}")
    except PostError as error:
        # A pull request of a fork has a token that may only read.
        print(f"::warning::Delivery Lab: no comment was written: {error}. The job's summary has it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
