"""What may be written at each key of a part of an experiment, in words for people; made from the typed model alone."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.experiment.conditions import CONDITION_FIELDS, SPELLED
from chaos.experiment.model import Model
from chaos.experiment.units import AMOUNTS
from chaos.experiment.wording import listed

_A_CONDITION = f"a condition, such as {SPELLED}"


@dataclass(frozen=True)
class Key:
    """One key of a part of an experiment.

    Attributes:
        name: As it stands in a file.
        kind: What may stand there: `a duration: a number with one of …`.
        default: What holds without it, as a file would say it; None: nothing, or what `meaning` says.
        due: It must be given.
        meaning: What it says.
        examples: Values that may stand there.
        declared_by: The model that declares it: the part's own, or one of those that it extends.
    """

    name: str
    kind: str
    default: Any
    due: bool
    meaning: str
    examples: tuple[Any, ...]
    declared_by: type[Model]


def keys_of_part(model: type[Model], but: Collection[str] = ()) -> Iterator[Key]:
    """Every key of a part, in the order in which it is declared.

    Args:
        model: The part.
        but: Keys to leave out.
    """
    schema = model.model_json_schema(by_alias=True)
    properties, definitions = schema["properties"], schema.get("$defs", {})
    for field_name, field in model.model_fields.items():
        name = field.alias or field_name
        if name in but:
            continue
        inner = properties[name]
        yield Key(
            name=name,
            kind=_A_CONDITION if field_name in CONDITION_FIELDS else _alternatives(inner, definitions),
            default=inner.get("default"),
            due=name in schema.get("required", ()),
            meaning=field.description or "",
            examples=tuple(inner.get("examples", ())),
            declared_by=_declaring(model, field_name),
        )


def _declaring(model: type[Model], field_name: str) -> type[Model]:
    """The class nearest to the model that declares the field."""
    return next(
        base
        for base in model.__mro__
        if issubclass(base, Model) and field_name in inspect.get_annotations(base)
    )


def _alternatives(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    return "; or ".join(dict.fromkeys(_kinds(schema, definitions)))


def _kinds(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    """What a schema accepts, each alternative in words; that it may be left out is no alternative."""
    if reference := schema.get("$ref"):
        yield from _kinds(definitions[reference.rpartition("/")[2]], definitions)
    elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
        for alternative in alternatives:
            yield from _kinds(alternative, definitions)
    elif schema.get("type") != "null":
        yield _kind(schema, definitions)


def _kind(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return listed(map(str, schema.get("enum", [schema.get("const")])))
    match schema.get("type"):
        case "boolean":
            return "`true` or `false`"
        case "integer" | "number":
            noun = "a whole number" if schema["type"] == "integer" else "a number"
            return noun + _bounds(schema)
        case "array" if "prefixItems" in schema:
            entries = schema["prefixItems"]
            return f"a list of {len(entries)}, each {_alternatives(entries[0], definitions)}"
        case "array":
            return f"a list, each entry {_alternatives(schema.get('items', {}), definitions)}"
        case "object" if "properties" not in schema:
            return "a mapping"
        case "object":
            return f"a mapping of {listed(schema.get('properties', {}), 'and')}"
    pattern = schema.get("pattern", "")
    amount = next((amount for amount in AMOUNTS if pattern == f"^{amount.pattern}$"), None)
    if amount is not None:
        return f"{amount.noun}: {amount.spelled}"
    examples = schema.get("examples", ())
    return f"text such as {listed(map(str, examples))}" if examples else "text"


def _bounds(schema: Mapping[str, Any]) -> str:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f" of at least {least}"
    return "" if most is None else f" of at most {most}"
