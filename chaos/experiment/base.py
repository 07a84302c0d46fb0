"""What every part of an experiment file has in common: kebab-case keys, no unknown ones, values that never change."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, field_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from chaos.experiment.environment import names_environment
from chaos.experiment.units import wrong
from chaos.experiment.wording import quoted


def kebab(name: str) -> str:
    """The key in a file for a field's name: `at-least` for `at_least`."""
    return name.removesuffix("_").replace("_", "-")


class Model(BaseModel):
    """A part of an experiment file: kebab-case keys, unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=kebab, populate_by_name=True)

    @property
    def idle(self) -> frozenset[str]:
        """The fields that change nothing beside what the others say; they are not written back."""
        return frozenset()

    @field_validator("*", mode="after")
    @classmethod
    def _is_written_out(cls, value: Any) -> Any:
        if isinstance(value, str) and names_environment(value):
            raise wrong(f"{quoted(value)}: this key can't take its value from the environment")
        return value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Defaults as an author would write them; no titles, which editors show in place of descriptions."""
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        defaults = cls.model_construct().model_dump(mode="json", by_alias=True, exclude_none=True)
        for key, field in schema.get("properties", {}).items():
            field.pop("title", None)
            field.pop("default", None)
            if defaults.get(key) is not None:
                field["default"] = defaults[key]
        schema.pop("title", None)
        return reference
