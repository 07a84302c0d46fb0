"""The JSON Schema of experiment files, for editors and other programs, made from the typed model alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from chaos.experiment.conditions import FOR_HYPOTHESES
from chaos.experiment.layers import EXTENDS, PROFILES
from chaos.experiment.metric_spec import Better, Unit
from chaos.experiment.model import Experiment, LastingSpec, Model, TargetedSpec
from chaos.experiment.translation import keys_of
from chaos.experiment.vocabulary import Vocabulary

CONDITION = "Condition"
_A_CONDITION = {"$ref": f"#/$defs/{CONDITION}"}
_SHARED = {*keys_of(TargetedSpec), *keys_of(LastingSpec)} - {"fault"}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """The JSON Schema (2020-12) of experiment files that use this vocabulary."""
    kinds: dict[str, Mapping[str, type[Model]]] = {
        "name": vocabulary.systems,
        "probe": vocabulary.probes,
        "fault": vocabulary.faults,
    }
    metrics = vocabulary.metrics
    units = list(dict.fromkeys(words.unit for words in metrics.values()))
    models: list[type[Model]] = [
        Experiment,
        *(model for named in kinds.values() for model in named.values()),
        *(model for unit in units for model in (unit.bound, unit.levels)),
    ]
    references, definitions = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)],
        by_alias=True,
        ref_template="#/$defs/{model}",
    )
    names = {model: name_of(references[model, "validation"]) for model in models}
    defs: dict[str, Any] = definitions["$defs"]
    root = defs.pop(names[Experiment])

    def one_of(word: str) -> list[dict[str, Any]]:
        return [named(defs[names[model]], word, name) for name, model in kinds[word].items()]

    defs[CONDITION] = _condition(one_of("probe"))
    for model in kinds["fault"].values():
        _share_fields(defs[names[model]]["properties"], defs)

    properties = root["properties"]
    properties["system"] = {
        "description": properties["system"]["description"],
        "oneOf": [{"type": "string", "enum": list(vocabulary.systems)}, *one_of("name")],
    }
    properties["steady-state"]["items"] = {"type": "object", "oneOf": one_of("probe")}
    properties["faults"]["items"] = {"type": "object", "oneOf": one_of("fault")}
    several = {"type": "array", "items": _A_CONDITION}
    properties["stop-when"] = _described(properties["stop-when"], {"anyOf": [_A_CONDITION, several]})
    defs[name_of(properties["verify"])]["properties"]["metrics"]["items"] = {
        "type": "object",
        "oneOf": [
            named(
                defs[names[unit.bound]], "metric", *(name for name in metrics if metrics[name].unit is unit)
            )
            for unit in units
        ],
    }
    defs.update({_levels(unit): defs[names[unit.levels]] for unit in units})
    graded = {name: words.unit for name, words in metrics.items() if words.better is not Better.NEITHER}
    grades = {name: {"$ref": f"#/$defs/{_levels(unit)}"} for name, unit in graded.items()}
    properties["grades"] = _described(
        properties["grades"], {"type": "object", "properties": grades, "additionalProperties": False}
    )
    in_use = used({"root": root}, defs)
    _let_layers_leave_out(root, defs)
    return {
        "$schema": DIALECT,
        "title": "Chaos experiment",
        **root,
        "$defs": {name: schema for name, schema in sorted(defs.items()) if name in in_use},
    }


def _let_layers_leave_out(root: dict[str, Any], defs: dict[str, Any]) -> None:
    """Let a file that extends another, and a profile, say only what is different; the rest is due in other files."""
    load = defs[name_of(root["properties"]["load"])]
    schedules = _optional(load["properties"]["schedules"], defs)
    due = {
        "required": load.pop("required"),
        "properties": {"schedules": {"required": schedules.pop("required")}},
    }
    whole = {"required": root.pop("required"), "properties": {"load": due}}
    root["anyOf"] = [{"required": [EXTENDS]}, whole]
    different = {key: {"$ref": f"#/properties/{key}"} for key in root["properties"]}
    root["properties"] |= {
        EXTENDS: {
            "type": "string",
            "description": "a file, relative to this one, whose keys hold where this file does not say otherwise",
            "examples": ["crash-recovery.yaml"],
        },
        PROFILES: {
            "type": "object",
            "description": "what is different with `--profile NAME`, by the profile's name",
            "additionalProperties": {
                "type": "object",
                "properties": different,
                "additionalProperties": False,
            },
        },
    }


def _optional(field: Mapping[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """The definition that a field refers to which may be null, too."""
    found: dict[str, Any] = next(defs[name_of(each)] for each in field["anyOf"] if "$ref" in each)
    return found


def _share_fields(properties: dict[str, Any], defs: dict[str, Any]) -> None:
    """Put what many faults say alike in one place, so that the schema does not grow with each of them."""
    for key in _SHARED & properties.keys():
        field = _described(properties[key], _A_CONDITION) if key == "when" else properties[key]
        shared = f"fault-{key}"
        if defs.setdefault(shared, field) == field:
            properties[key] = {"$ref": f"#/$defs/{shared}"}


def _condition(probes: list[dict[str, Any]]) -> dict[str, Any]:
    """The schema of a condition: text, or a probe without what only a hypothesis has."""
    mappings = [
        {**probe, "properties": {k: v for k, v in probe["properties"].items() if k not in FOR_HYPOTHESES}}
        for probe in probes
    ]
    names = [probe["properties"]["probe"]["const"] for probe in probes]
    text = {
        "type": "string",
        "pattern": rf"^\s*(?:{'|'.join(names)})(?:\s+\S+\s+\S+)*\s*$",
        "examples": ["throughput at-most 100/s", "ready equals false"],
    }
    return {"oneOf": [text, *({"type": "object", **mapping} for mapping in mappings)]}


def _levels(unit: Unit) -> str:
    """What the schema calls the levels of grades in this unit."""
    return f"levels-{unit.name.replace('/', '-')}"


def _described(field: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": field["description"], **schema}


def name_of(reference: Mapping[str, Any]) -> str:
    """What the definition is called that is referred to."""
    return str(reference["$ref"]).rpartition("/")[2]


def named(schema: dict[str, Any], word: str, *known: str) -> dict[str, Any]:
    """The schema of one kind, or of some that are alike: the name that tells it is one of these, and due.

    Args:
        schema: Of its mapping.
        word: The key that holds the name: `fault`, `probe`.
        known: The names.
    """
    which = {"const": known[0]} if len(known) == 1 else {"enum": list(known)}
    fixed = {word: {**schema["properties"][word], **which}}
    return {
        **schema,
        "properties": {**schema["properties"], **fixed},
        "required": [word, *(key for key in schema.get("required", []) if key != word)],
    }


def used(schema: Any, defs: Mapping[str, Any]) -> set[str]:
    """The definitions that a schema refers to, by any number of steps."""
    names: set[str] = set()
    pending = [schema]
    while pending:
        match pending.pop():
            case dict() as inner:
                reference = inner.get("$ref")
                if isinstance(reference, str) and (name := name_of(inner)) not in names:
                    names.add(name)
                    pending.append(defs[name])
                pending += inner.values()
            case list() as items:
                pending += items
    return names
