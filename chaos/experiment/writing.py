"""Writing an experiment back as YAML: defaults filled in, units in place, the environment left out."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

import yaml

from chaos.experiment.conditions import CONDITION_FIELDS, FOR_HYPOTHESES
from chaos.experiment.model import Experiment, Model, SystemSpec
from chaos.run_directory import sha256_of_text
from chaos.secrets import redacted_values


def dump_experiment(experiment: Experiment) -> str:
    """The experiment as YAML that reads back as an equal one, but for secrets, which are not written."""
    return yaml.dump(
        redacted_values(_plain(experiment)),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=100,
    )


def digest_as_run(experiment: Experiment) -> str:
    """The SHA-256 of what is run, whatever its seed and its system: equal where nothing but these differ."""
    alike = experiment.model_copy(update={"seed": None, "system": SystemSpec(name="any")})
    return sha256_of_text(dump_experiment(alike))


def _plain(model: Model, without: Collection[str] = ()) -> dict[str, Any]:
    """A model as plain values, by the keys of the file. What is absent by default stays absent."""
    written = model.model_dump(mode="json", by_alias=True)
    plain: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        key, value = field.alias or name, getattr(model, name)
        if (value is None and field.default is None) or name in model.idle or key in without:
            continue
        unsaid = FOR_HYPOTHESES if name in CONDITION_FIELDS else ()
        if isinstance(value, Model):
            plain[key] = _plain(value, unsaid)
        elif isinstance(value, tuple) and value and all(isinstance(item, Model) for item in value):
            plain[key] = [_plain(item, unsaid) for item in value]
        else:
            plain[key] = written[key]
    return plain


class _Dumper(yaml.SafeDumper):
    """Writes no anchors, and every number as a plain decimal one."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _represent_float(dumper: _Dumper, number: float) -> yaml.ScalarNode:
    text = f"{Decimal(repr(number)):f}"
    return dumper.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Text on several lines as a block, and in double quotes what no other style keeps."""
    style = None
    if not text.replace("\n", "").isprintable():
        style = '"'
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(float, _represent_float)
_Dumper.add_representer(str, _represent_text)
