"""What to say of text that is no YAML: in words about the file instead of about the parser."""

from __future__ import annotations

from yaml import Mark, MarkedYAMLError


def explain(error: MarkedYAMLError, text: str) -> tuple[str, int, int]:
    """What is wrong, with line and column, each from 1."""
    at, began = error.problem_mark, error.context_mark
    message, mark = _explain(error.context or "", error.problem or "", at, began or at, text)
    if mark is None:
        return message, 1, 1
    return message, mark.line + 1, mark.column + 1


def _explain(
    context: str, problem: str, at: Mark | None, began: Mark | None, text: str
) -> tuple[str, Mark | None]:
    here = text[at.index : at.index + 1] if at else ""
    unfinished = "end of stream" in problem or "<stream end>" in problem
    if context in ("while scanning an alias", "while scanning an anchor"):
        sign = "*" if "alias" in context else "&"
        return f"text that begins with `{sign}` needs quotes: '{sign}…'", began
    if context == "while scanning a directive":
        return "a line that begins with `%` needs quotes", began
    if "cannot start any token" in problem:
        if here == "\t":
            return "a tab can't stand here; indent with spaces", at
        return f"text that begins with `{here}` needs quotes", at
    if problem == "mapping values are not allowed here":
        return "no key can stand here: check the indentation, and put text that holds `: ` in quotes", at
    if "quoted scalar" in context and unfinished:
        return "this quote is never closed", began
    if "unknown escape character" in problem:
        return f"`\\{here}` means nothing in double quotes; write it in single quotes", at
    if context.startswith("while parsing a flow") and unfinished:
        return "a `[` or `{` that began here or before is never closed", began
    if "but got '{'" in problem and at and text[at.index - 1 : at.index] == "$":
        return "`${env:NAME}` needs quotes inside of `{…}` or `[…]`", at
    if context.startswith("while parsing a flow") and "expected ','" in problem:
        closing = "]" if "']'" in problem else "}"
        return f"a `,` or `{closing}` is due here; text that holds such a sign needs quotes", at
    if problem == "could not find expected ':'":
        return "this is neither a key with a `: ` after it, nor indented as a part of the text above", began
    if "expected <block end>" in problem:
        return "this fits no line above: check the indentation, and whether a quote ends too early", at
    if "expected the node content" in problem:
        return "a value is due here", at
    return f"this can't be read as YAML: {' '.join(filter(None, (context, problem)))}", at
