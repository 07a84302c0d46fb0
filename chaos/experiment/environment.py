"""Text that takes a part from the environment: `${env:DATABASE_URL}`.

Such text is kept as it stands in the file. What the variable holds is asked for where it is used, so that
it can't reach a saved experiment, a report or a message by way of the model. A key takes such text only if
its field is declared as `EnvironmentText`; in every other field a reference is refused, so that what a run
was asked to do can always be told from its directory alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from chaos.experiment.units import wrong
from chaos.experiment.wording import quoted

_OPENING = "${"
_REFERENCE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


class UnsetVariable(Exception):
    """A variable that an experiment names is not set; the message says which."""


def names_environment(text: str) -> bool:
    """Whether the text refers to the environment, or tries to."""
    return f"{_OPENING}env:" in text


@dataclass(frozen=True)
class EnvironmentText:
    """Text in which `${env:NAME}` stands for the variable of that name.

    Attributes:
        text: The text as it stands in the experiment file.
    """

    text: str

    @property
    def variables(self) -> Iterator[str]:
        """The variables it names."""
        return (match[1] for match in _REFERENCE.finditer(self.text))

    @property
    def is_a_variable(self) -> bool:
        """Whether it is one variable and nothing else, so that none of what it means stands in the file."""
        return _REFERENCE.fullmatch(self.text) is not None

    def expand(self, environment: Mapping[str, str] = os.environ) -> str:
        """The text with every variable filled in. Don't store what you get.

        Raises:
            UnsetVariable: A variable is not set.
        """

        def value(match: re.Match[str]) -> str:
            try:
                return environment[match[1]]
            except KeyError:
                raise UnsetVariable(f"the environment variable {match[1]} is not set") from None

        return _REFERENCE.sub(value, self.text)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read what stands in a file.

        Raises:
            PydanticCustomError: It isn't text, or a reference in it is not well-formed.
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise wrong(f"{quoted(value)} is not text; put it in quotes")
        if _OPENING in _REFERENCE.sub("", value):
            message = f"{quoted(value)} has a reference that can't be read; write it as `${{env:NAME}}`"
            raise PydanticCustomError("malformed_reference", "{message}", {"message": message})
        return cls(value)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda kept: kept.text, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "examples": ["${env:DATABASE_URL}"]}
