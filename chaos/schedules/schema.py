"""The JSON Schema of files of schedules, for editors and other programs, made from the typed model."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from chaos.experiment.base import Model
from chaos.experiment.schema import DIALECT, name_of, named, used
from chaos.notices.registry import NOTIFIERS
from chaos.schedules.model import Blackout, Schedule, ScheduleFile


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of files of schedules, with every notifier of this installation."""
    notifiers = {name: notifier.spec_model for name, notifier in NOTIFIERS.available().items()}
    models: list[type[Model]] = [ScheduleFile, *notifiers.values()]
    references, definitions = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)],
        by_alias=True,
        ref_template="#/$defs/{model}",
    )
    defs: dict[str, Any] = definitions["$defs"]
    root = defs.pop(ScheduleFile.__name__)
    entries = [
        named(defs[name_of(references[model, "validation"])], "notifier", name)
        for name, model in notifiers.items()
    ]
    root["properties"]["notify"]["items"] = {"type": "object", "oneOf": entries}
    defs[Schedule.__name__]["oneOf"] = [{"required": ["cron"]}, {"required": ["every"]}]
    defs[Blackout.__name__]["oneOf"] = [{"required": ["from", "to"]}, {"required": ["cron", "for"]}]
    in_use = used(root, defs)
    return {
        "$schema": DIALECT,
        "title": "Scheduled checks",
        **root,
        "$defs": {name: schema for name, schema in sorted(defs.items()) if name in in_use},
    }
