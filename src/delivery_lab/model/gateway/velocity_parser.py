"""Reading mapping templates: the part of the Velocity Template Language that they are commonly written in.

A library for all of Velocity would take what API Gateway does not, and let pass what it does otherwise. So the part
that is sure is read here, and everything else is refused by name (REST-VTL-1).
"""

from __future__ import annotations

import re

from delivery_lab.errors import NotModelledError
from delivery_lab.model.gateway.velocity_tree import (
    Access,
    BinaryOperation,
    Block,
    Expression,
    ForEach,
    If,
    Interpolated,
    ListOf,
    Literal,
    Node,
    SetVariable,
    Text,
    VariableReference,
)

_COMMENT = re.compile(r"##[^\n]*\n?|#\*.*?\*#", re.DOTALL)
_DIRECTIVE = re.compile(r"#\{?([a-zA-Z@]\w*)\}?")
_NAME = re.compile(r"[a-zA-Z_][\w-]*")
_REFERENCE = re.compile(r"\$!?\{?[a-zA-Z_]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_REST_OF_LINE = re.compile(r"[ \t]*\r?\n")
_BINARY = (("||", "or"), ("&&", "and"), ("==", "!=", "eq", "ne"), ("<=", ">=", "<", ">", "le", "ge", "lt", "gt"))
_WORDS = {"or": "||", "and": "&&", "eq": "==", "ne": "!=", "le": "<=", "ge": ">=", "lt": "<", "gt": ">"}
_ARITHMETIC = (("+", "-"), ("*", "/", "%"))
_ENDS = frozenset({"end", "else", "elseif"})


def parse(template: str) -> Block:
    """Read a template.

    Raises:
        NotModelledError: it uses what is not modelled, or is malformed; the message shows the place.
    """
    parser = _Parser(template)
    block, end = parser.block()
    if end:
        raise parser.refusal(f"#{end} without #if or #foreach")
    return block


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def refusal(self, what: str) -> NotModelledError:
        """An error that shows where it stands."""
        line = self._text.count("\n", 0, self._at) + 1
        shown = self._text[self._at : self._at + 40].split("\n", 1)[0]
        return NotModelledError(
            f"a mapping template is not modelled: {what} (line {line}: {shown!r})\n"
            "  nearest: text, $input, $util, $context, $stageVariables, #set, #if, #foreach"
        )

    # -- text and directives ------------------------------------------------------------------------------

    def block(self) -> tuple[Block, str]:
        """Everything up to a directive that ends a block; its name, "" at the end of the text."""
        nodes: list[Node] = []
        plain: list[str] = []

        def flush() -> None:
            if plain:
                nodes.append(Text("".join(plain)))
                plain.clear()

        while self._at < len(self._text):
            comment = _COMMENT.match(self._text, self._at)
            directive = _DIRECTIVE.match(self._text, self._at)
            if comment is not None:
                self._at = comment.end()
            elif directive is not None:
                flush()
                if directive[1] in _ENDS:
                    self._at = directive.end()
                    return tuple(nodes), directive[1]
                nodes.append(self._directive(directive))
            elif _REFERENCE.match(self._text, self._at):
                flush()
                nodes.append(self._reference())
            else:
                plain.append(self._text[self._at])
                self._at += 1
        flush()
        return tuple(nodes), ""

    def _directive(self, found: re.Match[str]) -> Node:
        name = found[1]
        if name not in ("set", "if", "foreach"):
            raise self.refusal(f"the directive #{name}")
        self._at = found.end()
        if name == "set":
            return self._set()
        return self._if() if name == "if" else self._for_each()

    def _set(self) -> SetVariable:
        self._take("(")
        name = self._variable("#set")
        self._take("=")
        value = self._expression()
        self._take(")")
        self._end_line()
        return SetVariable(name, value)

    def _if(self) -> If:
        branches: list[tuple[Expression, Block]] = []
        condition = self._condition()
        while True:
            block, end = self._inner()
            branches.append((condition, block))
            if end == "end":
                return If(tuple(branches))
            condition = self._condition() if end == "elseif" else self._always()

    def _always(self) -> Expression:
        self._end_line()
        return Literal(True)

    def _condition(self) -> Expression:
        self._take("(")
        condition = self._expression()
        self._take(")")
        self._end_line()
        return condition

    def _for_each(self) -> ForEach:
        self._take("(")
        name = self._variable("#foreach")
        self._spaces()
        if not self._text.startswith("in", self._at):
            raise self.refusal("#foreach without in")
        self._at += 2
        values = self._expression()
        self._take(")")
        self._end_line()
        block, end = self._inner()
        if end != "end":
            raise self.refusal(f"#{end} in #foreach")
        return ForEach(name, values, block)

    def _inner(self) -> tuple[Block, str]:
        block, end = self.block()
        if not end:
            raise self.refusal("a directive without #end")
        if end == "end":
            self._end_line()
        return block, end

    def _end_line(self) -> None:
        """A line break right behind a directive is no part of what is written (REST-VTL-2)."""
        found = _REST_OF_LINE.match(self._text, self._at)
        if found is not None:
            self._at = found.end()

    # -- references ---------------------------------------------------------------------------------------

    def _variable(self, directive: str) -> str:
        """The plain variable that a directive assigns to."""
        self._spaces()
        if not _REFERENCE.match(self._text, self._at):
            raise self.refusal(f"{directive} without a variable")
        found = self._reference()
        if found.steps or found.name in ("input", "util", "context", "stageVariables"):
            raise self.refusal(f"{directive} of {found.source}")
        return found.name

    def _reference(self) -> VariableReference:
        start = self._at
        self._at += 1
        if self._text.startswith("!", self._at):
            self._at += 1
        braced = self._text.startswith("{", self._at)
        self._at += braced
        name = self._name()
        steps: list[Access] = []
        while (step := self._step(braced)) is not None:
            steps.append(step)
        if braced:
            self._take("}")
        return VariableReference(name, tuple(steps), self._text[start : self._at])

    def _step(self, braced: bool) -> Access | None:
        character = self._text[self._at : self._at + 1]
        if character == "[":
            self._at += 1
            index = self._expression()
            self._take("]")
            return Access("", (index,))
        if character != "." or not _NAME.match(self._text, self._at + 1):
            return None
        self._at += 1
        name = self._name()
        if not self._text.startswith("(", self._at):
            return Access(name, None)
        self._at += 1
        return Access(name, self._list_until(")"))

    def _name(self) -> str:
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise self.refusal("a reference without a name")
        # A dash belongs to the name only where more of it follows: `$id-` ends before it.
        name = found[0].rstrip("-")
        self._at += len(name)
        return name

    def _list_until(self, end: str) -> tuple[Expression, ...]:
        items: list[Expression] = []
        self._spaces()
        while not self._text.startswith(end, self._at):
            items.append(self._expression())
            self._spaces()
            if self._text.startswith(",", self._at):
                self._at += 1
            elif not self._text.startswith(end, self._at):
                raise self.refusal(f"something else than , or {end}")
        self._at += len(end)
        return tuple(items)

    # -- expressions --------------------------------------------------------------------------------------

    def _expression(self, level: int = 0) -> Expression:
        levels = (*_BINARY, *_ARITHMETIC)
        if level == len(levels):
            return self._operand()
        left = self._expression(level + 1)
        while (operator := self._operator(levels[level])) is not None:
            left = BinaryOperation(operator, left, self._expression(level + 1))
        return left

    def _operator(self, operators: tuple[str, ...]) -> str | None:
        self._spaces()
        for operator in operators:
            if self._text.startswith(operator, self._at):
                end = self._at + len(operator)
                if operator.isalpha() and self._text[end : end + 1].isalnum():
                    continue
                self._at = end
                return _WORDS.get(operator, operator)
        return None

    def _operand(self) -> Expression:
        self._spaces()
        character = self._text[self._at : self._at + 1]
        if character == "!":
            self._at += 1
            return BinaryOperation("!", None, self._operand())
        if character == "(":
            self._at += 1
            inner = self._expression()
            self._take(")")
            return inner
        if character == "[":
            self._at += 1
            return ListOf(self._list_until("]"))
        if character in ("'", '"') and character:
            return self._quoted(character)
        if _REFERENCE.match(self._text, self._at):
            return self._reference()
        return self._word()

    def _quoted(self, quote: str) -> Expression:
        """A text: in double quotes references are filled in, and a doubled quote stands for one."""
        start = self._at + 1
        end = start
        while True:
            end = self._text.find(quote, end)
            if end < 0:
                raise self.refusal("a text without its end")
            if self._text[end + 1 : end + 2] != quote:
                break
            end += 2
        inner = self._text[start:end].replace(quote * 2, quote)
        self._at = end + 1
        return Literal(inner) if quote == "'" or not set(inner) & {"$", "#"} else Interpolated(parse(inner))

    def _word(self) -> Expression:
        number = _NUMBER.match(self._text, self._at)
        if number is not None:
            self._at = number.end()
            return Literal(float(number[0]) if "." in number[0] else int(number[0]))
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return Literal(value)
        raise self.refusal("an expression")

    def _take(self, mark: str) -> None:
        self._spaces()
        if not self._text.startswith(mark, self._at):
            raise self.refusal(f"something else than {mark}")
        self._at += len(mark)

    def _spaces(self) -> None:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
