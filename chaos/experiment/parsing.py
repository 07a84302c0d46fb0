"""From a document to typed values: part by part, and every problem is kept with its place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from chaos.experiment.base import Model
from chaos.experiment.problems import Problem
from chaos.experiment.translation import translate
from chaos.experiment.wording import KeyPath, listed, nearest, quoted
from chaos.experiment.yaml_reader import Document
from chaos.secrets import learn

ModelT = TypeVar("ModelT", bound=Model)


class Parsing:
    """One document on its way to typed values.

    Parts are read as JSON, which keeps numbers, text and truth values strictly apart.

    Args:
        document: What was read.

    Attributes:
        problems: What is wrong with it, as far as it was looked at.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems = list(document.problems)
        learn(document.value)  # before anything of it can be said

    def parse(self, value: Any, model: type[ModelT], path: KeyPath) -> ModelT | None:
        """A part as the model has it; None: something is wrong with it."""
        try:
            return model.model_validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            self.problems += translate(error, model, self.document, path)
            return None

    def kind(
        self, value: object, path: KeyPath, word: str, known: Sequence[str], noun: str = ""
    ) -> str | None:
        """The name in a part that tells of which kind it is; None: there is none that is known.

        Args:
            value: The part.
            path: Where it stands.
            word: The key of the name.
            known: The names that there are.
            noun: What it is the name of, if the key is called otherwise.
        """
        if not isinstance(value, dict):
            example = f"the name of a {noun}" if noun else f"an entry such as `{{{word}: …}}`"
            self.complain(path, f"{example} is due here, and {quoted(value)} stands here")
            return None
        if word not in value:
            self.complain(path, f"`{word}` is missing; it is {listed(known)}")
            return None
        name = value[word]
        if isinstance(name, str) and name in known:
            return name
        named = (*path, word)
        self.no_such(noun or word, name, named if named in self.document.places else path, known)
        return None

    def no_such(self, noun: str, name: object, at: KeyPath, known: Sequence[str]) -> None:
        """Keep that nothing has this name, with the nearest that there is."""
        suggestion = nearest(name, known) if isinstance(name, str) else None
        others = "" if suggestion else f"; known are {listed(known, 'and')}"
        self.complain(at, f"there is no {noun} named {quoted(name)}{others}", suggestion)

    def check_names(self, names: Iterable[str | None], key: str) -> None:
        """Keep every name in a list of parts that one above has already."""
        taken: set[str] = set()
        for index, name in enumerate(names):
            if name in taken:
                self.complain((key, index, "name"), f"the name {quoted(name)} is taken by an entry above")
            elif name is not None:
                taken.add(name)

    def complain(self, path: KeyPath, message: str, suggestion: str | None = None) -> None:
        """Keep a problem, with the place of its value."""
        self.problems.append(Problem(self.document.value_place_of(path), path, message, suggestion))
