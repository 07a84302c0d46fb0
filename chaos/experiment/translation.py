"""From what the typed model finds wrong to problems in the words of the file.

The model knows nothing of places, and speaks of its own types. Here each of its errors gets the place of
its key, and words that tell somebody who writes an experiment what is due there.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from chaos.experiment.environment import names_environment
from chaos.experiment.layers import LAYER_KEYS
from chaos.experiment.model import Experiment, Model
from chaos.experiment.problems import Problem
from chaos.experiment.wording import KeyPath, listed, nearest, quoted, shown
from chaos.experiment.yaml_reader import Document

ModelType = type[Model]

_DUE: Mapping[str, tuple[str, str]] = {
    "string_type": ("text", "; put it in quotes"),
    "int_type": ("a whole number", ""),
    "int_parsing_size": ("a smaller number", ""),
    "float_type": ("a number", ""),
    "bool_type": ("`true` or `false`", ""),
    "model_type": ("a mapping", ", such as `{key: value}`"),
    "dict_type": ("a mapping", ", such as `{key: value}`"),
    "tuple_type": ("a list", ", such as `[first, second]`"),
    "list_type": ("a list", ", such as `[first, second]`"),
    "string_too_short": ("some text", ""),
    "too_short": ("at least one entry", ""),
}
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("ge", "the least is {}"),
    "greater_than": ("gt", "it must be more than {}"),
    "less_than_equal": ("le", "the most is {}"),
    "less_than": ("lt", "it must be less than {}"),
}


def translate(
    error: ValidationError, model: ModelType, document: Document, within: KeyPath = ()
) -> list[Problem]:
    """Say what is wrong with a part of a document.

    Args:
        error: What the model found.
        model: The model.
        document: What was read.
        within: Where the part stands.
    """
    missing: list[Problem] = []
    unknown: list[Problem] = []
    wrong: dict[KeyPath, list[Problem]] = {}
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue  # entries that are wrong were not counted; each is told by itself
        problem = _translate(detail, model, document, within)
        match detail["type"]:
            case "missing":
                missing.append(problem)
            case "extra_forbidden":
                unknown.append(problem)
            case _:
                wrong.setdefault(problem.key_path, []).append(problem)
    misspelt = {(*problem.key_path[:-1], problem.suggestion) for problem in unknown}
    return [
        *(problem for problem in missing if problem.key_path not in misspelt),
        *unknown,
        *map(_merged, wrong.values()),
    ]


def keys_of(model: ModelType) -> dict[str, Any]:
    """The keys that a part of an experiment may have, each with the annotation of its field."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _merged(alternatives: list[Problem]) -> Problem:
    """One problem where a field takes several kinds of values and none of them fits."""
    first = alternatives[0]
    message = "; or ".join(dict.fromkeys(problem.message for problem in alternatives))
    return Problem(first.place, first.key_path, message, first.suggestion)


def _translate(detail: ErrorDetails, model: ModelType, document: Document, within: KeyPath) -> Problem:
    kind, location = detail["type"], detail["loc"]
    if kind == "wrong_value" and (key := detail.get("ctx", {}).get("key")):
        location = (*location, key)
    if kind == "missing":
        *around, key = location
        path = within + _in_document(tuple(around), document, within)
        if isinstance(key, int):
            return Problem(document.place_of(path), path, f"its entry number {key + 1} is missing")
        return Problem(document.place_of(path), (*path, key), f"`{key}` is missing")
    path = within + _in_document(location, document, within)
    place = document.place_of(path)
    if kind == "extra_forbidden":
        message, suggestion = _unknown_key(location, model)
        return Problem(place, path, message, suggestion)
    message, suggestion = _message(detail)
    place = document.places.get(path, place)
    return Problem(place, path, message, suggestion)


def _in_document(location: tuple[int | str, ...], document: Document, within: KeyPath) -> KeyPath:
    """The part of an error's location that stands in the document: not the names of a union's members."""
    path: KeyPath = ()
    for part in location:
        inside = (*within, *path, part)
        if inside in document.places or inside in document.key_places or _lies_in_override(document, inside):
            path = (*path, part)
    return path


def _lies_in_override(document: Document, path: KeyPath) -> bool:
    """Whether a path leads into the value of an override, which has one place for all that is in it."""
    value = document.value
    for part in path:
        try:
            value = value[part]
        except (LookupError, TypeError):
            return False
    return True


def _unknown_key(location: tuple[int | str, ...], model: ModelType) -> tuple[str, str | None]:
    key = str(location[-1])
    around = _model_at(model, location[:-1])
    known = list(keys_of(around)) if around else []
    if around is Experiment:
        known += LAYER_KEYS
    suggestion = nearest(key, known)
    if suggestion is None:
        elsewhere = next((path for path in key_paths(model) if path[-1] == key and len(path) > 1), None)
        if elsewhere is not None:
            return f"unknown key; `{key}` belongs in `{shown(elsewhere[:-1])}`", None
        return f"unknown key; known here: {listed(known, 'and')}" if known else "unknown key", None
    return "unknown key", suggestion


def _model_at(model: ModelType, location: tuple[int | str, ...]) -> ModelType | None:
    """The model that stands at a location within another one."""
    for part in location:
        if isinstance(part, str):
            inner = keys_of(model).get(part)
            model_within = _model_in(inner)
            if model_within is None:
                return None
            model = model_within
    return model


def _model_in(annotation: Any) -> ModelType | None:
    """The first model within an annotation such as `Bound | None` or `tuple[FaultSpec, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType, typing.Annotated, tuple, list):
        return next(filter(None, map(_model_in, typing.get_args(annotation))), None)
    return None


def key_paths(model: ModelType) -> Iterator[KeyPath]:
    """Every key path within a model, the short ones of each part first."""
    for key, annotation in keys_of(model).items():
        yield (key,)
        inner = _model_in(annotation)
        if inner is not None:
            yield from ((key, *path) for path in key_paths(inner))


def _message(detail: ErrorDetails) -> tuple[str, str | None]:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    shown_value = quoted(value)
    if isinstance(value, str) and names_environment(value) and kind != "malformed_reference":
        return f"{shown_value}: this key can't take its value from the environment", None
    if kind in ("literal_error", "enum"):
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        meant = nearest(value, allowed) if isinstance(value, str) else None
        return f"{shown_value} is not one of {listed(allowed)}", meant
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{shown_value} is out of bounds; {words.format(context[key])}", None
    if kind in _DUE:
        due, how = _DUE[kind]
        if value is None:
            return f"{due} is due here, and nothing stands here", None
        held = f"the text {shown_value}" if isinstance(value, str) and value else shown_value
        return f"{due} is due here, not {held}{how}", None
    if kind in ("wrong_value", "malformed_reference"):
        return detail["msg"], None
    if kind in ("value_error", "assertion_error"):
        return f"{shown_value}: {re.sub('^(Value error|Assertion failed), ', '', detail['msg'])}", None
    return f"{shown_value}: {detail['msg'].replace('Input should', 'it should')}", None
