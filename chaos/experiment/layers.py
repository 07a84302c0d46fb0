"""Experiments made of layers: the file that one extends, the file itself, and a profile of it, each laid over the last.

Mappings are merged key by key; anything else, a list as well, takes the place of what stood there. Everything keeps
the place where it was written, so that a problem names the file, line and column of the layer that it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chaos.experiment.problems import Place, Problem
from chaos.experiment.wording import KeyPath, listed, nearest, printable, quoted
from chaos.experiment.yaml_reader import Document, Unreadable, digest, read_file

EXTENDS = "extends"
PROFILES = "profiles"
LAYER_KEYS = (EXTENDS, PROFILES)
"""Keys of an experiment file that say what it is made of; an experiment itself does not have them."""


def read_layers(path: Path) -> Document:
    """Read a file, laid over the one that it extends, if it does.

    Raises:
        Unreadable: A file can't be read, is no mapping, or extends itself by way of others.
    """
    return _read(path, ())


def take_profile(document: Document, name: str | None) -> None:
    """Lay a profile over the rest, and take all profiles away.

    Args:
        document: What was read; it is changed. What is wrong is added to its problems.
        name: The profile; None: none of them.
    """
    profiles = document.value.pop(PROFILES, {})
    if not isinstance(profiles, dict) or not all(isinstance(inner, dict) for inner in profiles.values()):
        message = (
            "profiles are written as `{full: {load: {jobs: 100000}}}`: a name, and what is different by it"
        )
        place = document.value_place_of((PROFILES,))
        document.problems.append(Problem(place, (PROFILES,), message))
        return
    layers = {profile: _part(document, (PROFILES, profile), inner) for profile, inner in profiles.items()}
    _forget(document, (PROFILES,))
    for layer in layers.values():
        for key in layer.value.keys() & set(LAYER_KEYS):
            message = f"`{key}` stands at the top of a file, not in a profile"
            document.problems.append(Problem(layer.place_of((key,)), (key,), message))
            del layer.value[key]
    if name in layers:
        _lay_over(document, layers[name])
    elif name is not None:
        suggestion = nearest(name, list(profiles))
        known = "" if suggestion else f"; it has {listed(profiles, 'and')}"
        message = f"{printable(document.places[()].file)} has no profile named {quoted(name)}{known}"
        document.problems.append(Problem(Place(f"--profile {name}"), (), message, suggestion))


def profile_names(path: Path) -> tuple[str, ...]:
    """The profiles of an experiment, those of the file that it extends included; none where it can't be read."""
    try:
        profiles = read_layers(path).value.get(PROFILES)
    except Unreadable:
        return ()
    return tuple(profiles) if isinstance(profiles, dict) else ()


def read_mapping(path: Path) -> Document:
    """Read one file, whatever it extends.

    Raises:
        Unreadable: It can't be read, or is no mapping.
    """
    document = read_file(path)
    if not isinstance(document.value, dict):
        message = "an experiment is written as keys with values: `title:`, `system:`, `load:` and so on"
        raise Unreadable(document.place_of(()), message)
    return document


def _read(path: Path, extending: tuple[Path, ...]) -> Document:
    document = read_mapping(path)
    if EXTENDS not in document.value:
        return document
    place, named = document.value_place_of((EXTENDS,)), document.value.pop(EXTENDS)
    if not isinstance(named, str) or not named:
        raise Unreadable(
            place, f"the path of a file is due here, and {quoted(named)} stands here", (EXTENDS,)
        )
    below, chain = path.parent / named, (*extending, path.resolve())
    if below.resolve() in chain:
        raise Unreadable(place, f"{quoted(named)} extends this file itself, if by way of others", (EXTENDS,))
    try:
        base = _read(below, chain)
    except Unreadable as error:
        if error.problem.line is not None:
            raise
        raise Unreadable(place, f"{error.problem.place}: {error.problem.message}", (EXTENDS,)) from None
    _lay_over(base, document)
    base.places[()] = document.places[()]
    base.sha256 = digest(f"{document.sha256} {base.sha256}".encode())
    return base


def _lay_over(document: Document, layer: Document) -> None:
    """Change a document into itself with a layer over it."""
    document.value = _merged(document.value, layer.value, (), document, layer)
    document.problems += layer.problems


def _merged(below: object, above: object, path: KeyPath, document: Document, layer: Document) -> Any:
    """What stands at a path in the end; the document's places become those of just that."""
    if path == ("system",):
        below = _system_to_keep(below, above)
    if not isinstance(below, dict) or not isinstance(above, dict):
        _forget(document, path)
        _add_places(document, layer, path)
        return above
    merged = dict(below)
    for key, value in above.items():
        inner = (*path, key)
        if key in below:
            merged[key] = _merged(below[key], value, inner, document, layer)
        else:
            merged[key] = value
            _add_places(document, layer, inner)
    return merged


def _system_to_keep(below: object, above: object) -> object:
    """A system as a mapping, if the layer above adds to it: the options of one say nothing about another."""
    system = {"name": below} if isinstance(below, str) else below
    if isinstance(system, dict) and isinstance(above, dict):
        return system if above.get("name", system.get("name")) == system.get("name") else None
    return None


def _part(document: Document, path: KeyPath, value: dict[str, Any]) -> Document:
    """What stands at a path, as a document of its own."""
    depth = len(path)
    places = {at[depth:]: place for at, place in _within(document.places, path).items()}
    key_places = {at[depth:]: place for at, place in _within(document.key_places, path).items() if at != path}
    return Document(dict(value), places, key_places)


def _add_places(document: Document, layer: Document, path: KeyPath) -> None:
    document.places |= _within(layer.places, path)
    document.key_places |= _within(layer.key_places, path)


def _within(places: Mapping[KeyPath, Place], path: KeyPath) -> dict[KeyPath, Place]:
    return {at: place for at, place in places.items() if at[: len(path)] == path}


def _forget(document: Document, path: KeyPath) -> None:
    for places in (document.places, document.key_places):
        for at in _within(places, path):
            del places[at]
