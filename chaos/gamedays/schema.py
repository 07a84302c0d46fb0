"""The JSON Schema of gameday files, for editors and other programs, made from the typed model."""

from __future__ import annotations

from typing import Any

from chaos.experiment.schema import DIALECT
from chaos.gamedays.model import Gameday, PlannedRun, Step


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of gameday files."""
    schema = Gameday.model_json_schema(by_alias=True)
    step = schema["$defs"][Step.__name__]
    entry = [{"type": "string", "minLength": 1}, {"$ref": f"#/$defs/{PlannedRun.__name__}"}]
    step["properties"]["run"] = {
        "description": f"{Step.model_fields['run'].description} A file, an entry with changes, or a list of these.",
        "anyOf": [*entry, {"type": "array", "minItems": 1, "items": {"anyOf": entry}}],
    }
    step["oneOf"] = [{"required": ["run"]}, {"required": ["do"]}]
    step["dependentRequired"] = {"run": ["expect"]}
    schema["properties"]["steps"]["minItems"] = 1
    return {"$schema": DIALECT, "title": "Chaos gameday", **schema}
