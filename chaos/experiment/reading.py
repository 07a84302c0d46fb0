"""Reading an experiment: from a file to a typed value, or to every problem there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from chaos.experiment.arithmetic import impossible
from chaos.experiment.conditions import FOR_HYPOTHESES, SPELLED, read_condition
from chaos.experiment.environment import EnvironmentText, UnsetVariable
from chaos.experiment.layers import read_layers, read_mapping, take_profile
from chaos.experiment.metric_spec import Better, Levels, MetricBound
from chaos.experiment.model import Experiment, FaultSpec, HypothesisSpec, Model, SystemSpec
from chaos.experiment.overrides import override
from chaos.experiment.parsing import Parsing
from chaos.experiment.problems import InvalidExperiment, Problem
from chaos.experiment.succession import misplaced
from chaos.experiment.vocabulary import Vocabulary
from chaos.experiment.wording import KeyPath, quoted
from chaos.experiment.yaml_reader import Document, Unreadable

SpecT = TypeVar("SpecT", bound=Model)


@dataclass(frozen=True)
class Reading:
    """An experiment with the document that it was read from, which knows where everything stands."""

    experiment: Experiment
    _document: Document

    @property
    def sha256(self) -> str:
        """The digest of the file, or of it and all that it extends."""
        return self._document.sha256

    def at_places(self, found: Iterable[tuple[KeyPath, str]]) -> list[Problem]:
        """What was found wrong later, when the experiment met a system and a machine, each with its place.

        Args:
            found: Key paths, and what is wrong there.
        """
        return _at_places(found, self._document)


def read_experiment(
    path: Path,
    vocabulary: Vocabulary,
    overrides: Iterable[str] = (),
    *,
    system: str | None = None,
    profile: str | None = None,
) -> Experiment:
    """Read an experiment: `read_with_places`, where nobody asks for places later.

    Raises:
        InvalidExperiment: Something is wrong with it; every problem is named, with its place.
    """
    return read_with_places(path, vocabulary, overrides, system=system, profile=profile).experiment


def read_with_places(
    path: Path,
    vocabulary: Vocabulary,
    overrides: Iterable[str] = (),
    *,
    system: str | None = None,
    profile: str | None = None,
) -> Reading:
    """Read an experiment that is to be run.

    Args:
        path: The YAML file.
        vocabulary: The systems, probes and faults that there are.
        overrides: Changes such as `load.jobs=10000`, as `--set` takes them.
        system: The system to use instead of the file's.
        profile: The profile of the experiment to use.

    Raises:
        InvalidExperiment: Something is wrong with it; every problem is named, with its place.
    """
    document = _read(read_layers, path)
    take_profile(document, profile)
    override(document, overrides, system)
    experiment = _Parsing(document, vocabulary).experiment()
    problems = [*_unset_variables(experiment, document, ()), *_at_places(impossible(experiment), document)]
    if problems:
        raise InvalidExperiment(problems)
    return Reading(experiment, document)


def load_saved(path: Path, vocabulary: Vocabulary) -> Experiment:
    """Read the experiment of a run that has been, as it was saved. The environment may have changed since.

    Raises:
        InvalidExperiment: Something is wrong with it.
    """
    return _Parsing(_read(read_mapping, path), vocabulary).experiment()


def _read(read: Callable[[Path], Document], path: Path) -> Document:
    try:
        return read(path)
    except Unreadable as error:
        raise InvalidExperiment([error.problem]) from None


class _Parsing(Parsing):
    """One document on its way to an experiment.

    What the vocabulary knows is read part by part, each into the type that its name asks for; the rest at once.
    """

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        super().__init__(document)
        self._vocabulary = vocabulary

    def experiment(self) -> Experiment:
        """The experiment.

        Raises:
            InvalidExperiment: There are problems.
        """
        root: dict[str, Any] = dict(self.document.value)
        parts: dict[str, Any] = {}
        if "system" in root:
            parts["system"] = self._system(root["system"])
            root["system"] = {"name": "read above"}
        if isinstance(root.get("steady-state"), list):
            parts["steady_state"] = self._hypotheses(root.pop("steady-state"))
        if isinstance(root.get("faults"), list):
            parts["faults"] = self._faults(root.pop("faults"))
        if "stop-when" in root:
            parts["stop_when"] = self._stop_conditions(root.pop("stop-when"))
        if isinstance(root.get("grades"), dict):
            parts["grades"] = self._grades(root.pop("grades"))
        verify: dict[str, Any] = {}
        if isinstance(root.get("verify"), dict) and isinstance(root["verify"].get("metrics"), list):
            root["verify"] = dict(root["verify"])
            verify["metrics"] = self._metric_bounds(root["verify"].pop("metrics"))
        rest = self.parse(root, Experiment, ())
        if self.problems or rest is None:
            raise InvalidExperiment(self.problems)
        return rest.model_copy(update={**parts, "verify": rest.verify.model_copy(update=verify)})

    def _system(self, value: object) -> SystemSpec | None:
        if isinstance(value, str):
            value = {"name": value}
        return self._named(value, ("system",), "name", self._vocabulary.systems)

    def _hypotheses(self, values: list[Any]) -> tuple[HypothesisSpec | None, ...]:
        key, probes = "steady-state", self._vocabulary.probes
        specs = tuple(self._named(value, (key, index), "probe", probes) for index, value in enumerate(values))
        self.check_names(map(_name, specs), key)
        return specs

    def _faults(self, values: list[Any]) -> tuple[FaultSpec | None, ...]:
        specs = tuple(self._fault(value, ("faults", index)) for index, value in enumerate(values))
        self.check_names(map(_name, specs), "faults")
        known = [spec for spec in specs if spec is not None]
        if len(known) == len(specs):
            for path, message, suggestion in misplaced(known):
                self.complain(path, message, suggestion)
        return specs

    def _fault(self, value: object, path: KeyPath) -> FaultSpec | None:
        """Read a fault. The probe that its `when` names tells what may stand there, so that is read apart."""
        kinds = self._vocabulary.faults
        if not isinstance(value, dict) or value.get("when") is None:
            return self._named(value, path, "fault", kinds)
        condition = self._condition(value["when"], (*path, "when"))
        spec = self._named({**value, "when": {"probe": "read above"}}, path, "fault", kinds)
        return spec and spec.model_copy(update={"when": condition})

    def _stop_conditions(self, value: object) -> tuple[HypothesisSpec | None, ...]:
        path: KeyPath = ("stop-when",)
        if isinstance(value, list):
            return tuple(self._condition(item, (*path, index)) for index, item in enumerate(value))
        return (self._condition(value, path),)

    def _condition(self, value: object, path: KeyPath) -> HypothesisSpec | None:
        if isinstance(value, str):
            try:
                value = read_condition(value)
            except PydanticCustomError as error:
                self.complain(path, error.message())
                return None
            self.document.lay_inside(path, value)
        if not isinstance(value, dict):
            self.complain(
                path, f"a condition is due here, such as {SPELLED}, and {quoted(value)} stands here"
            )
            return None
        for key, why in FOR_HYPOTHESES.items():
            if key in value:
                self.complain((*path, key), f"`{key}` can't stand here; {why}")
        plain = {key: inner for key, inner in value.items() if key not in FOR_HYPOTHESES}
        return self._named(plain, path, "probe", self._vocabulary.probes)

    def _metric_bounds(self, values: list[Any]) -> tuple[MetricBound[Any], ...]:
        kinds = {name: words.unit.bound for name, words in self._vocabulary.metrics.items()}
        bounds: dict[str, MetricBound[Any]] = {}
        for index, value in enumerate(values):
            path: KeyPath = ("verify", "metrics", index)
            bound = self._named(value, path, "metric", kinds)
            if bound is not None and bounds.setdefault(bound.metric, bound) is not bound:
                self.complain((*path, "metric"), f"{bound.metric} is bounded by an entry above")
        return tuple(bounds.values())

    def _grades(self, values: dict[str, Any]) -> Mapping[str, Levels[Any] | None]:
        return {name: self._levels(name, value) for name, value in values.items()}

    def _levels(self, name: str, value: object) -> Levels[Any] | None:
        path: KeyPath = ("grades", name)
        words = self._vocabulary.metrics.get(name)
        if words is None:
            self.no_such("metric", name, path, list(self._vocabulary.metrics))
        elif words.better is Better.NEITHER:
            self.complain(path, f"{name} gets neither better nor worse, so it has no grades")
        elif not isinstance(value, dict):
            due = "`{target: …, acceptable: …, critical: …}` is due here"
            self.complain(path, f"{due}, and {quoted(value)} stands here")
        else:
            levels = self.parse(value, words.unit.levels, path)
            if levels is not None and words.misordered(levels):
                self.complain(
                    path, f"{words.better} is better, so from target to critical each must be worse"
                )
            return levels
        return None

    def _named(
        self, value: object, path: KeyPath, word: str, kinds: Mapping[str, type[SpecT]]
    ) -> SpecT | None:
        """Read a part whose type is told by a name in it."""
        name = self.kind(value, path, word, list(kinds), "system" if word == "name" else "")
        return None if name is None else self.parse(value, kinds[name], path)


def _name(spec: FaultSpec | HypothesisSpec | None) -> str | None:
    return None if spec is None else spec.name


def _at_places(found: Iterable[tuple[KeyPath, str]], document: Document) -> list[Problem]:
    return [Problem(document.value_place_of(path), path, message) for path, message in found]


def _unset_variables(value: object, document: Document, path: KeyPath) -> Iterable[Problem]:
    """A problem for each variable that is named in what was read, and is not set."""
    match value:
        case EnvironmentText():
            try:
                value.expand()
            except UnsetVariable as error:
                yield from _at_places([(path, str(error))], document)
        case Model():
            for name, field in type(value).model_fields.items():
                yield from _unset_variables(getattr(value, name), document, (*path, field.alias or name))
        case dict():
            for key, item in value.items():
                yield from _unset_variables(item, document, (*path, key))
        case tuple() | list():
            for index, item in enumerate(value):
                yield from _unset_variables(item, document, (*path, index))
