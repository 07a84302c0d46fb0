"""What a notifier is: a way to people, with the keys that it takes in a file of schedules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import Field

from chaos.experiment.base import Model
from chaos.experiment.environment import EnvironmentText, UnsetVariable
from chaos.notices.notice import Event, Notice

ATTEMPT_WITHIN_S = 30.0
"""How long one attempt to tell may take: a mail server may let strangers wait before it greets them."""


class NotifierSpec(Model):
    """One entry of `notify`; each notifier adds its own keys."""

    notifier: str = Field(description="which notifier, by its name")
    on: tuple[Event, ...] = Field(
        default=tuple(Event), min_length=1, description="what is told; without it everything"
    )


SpecT = TypeVar("SpecT", bound=NotifierSpec)


class NotTold(Exception):
    """A notice did not get there; the message says why. Another attempt may succeed."""


class CannotTell(NotTold):
    """A notice did not get there, and no other attempt will: the receiver refuses it, or a secret is not set."""


class Notifier(ABC, Generic[SpecT]):
    """A way to people. One file each, named in `chaos/notices/registry.py` or by an entry point.

    Args:
        spec: Its entry in the file.
        within_s: How long one attempt may take.
    """

    spec_model: ClassVar[type[NotifierSpec]]

    def __init__(self, spec: SpecT, within_s: float = ATTEMPT_WITHIN_S) -> None:
        self.spec = spec
        self.within_s = within_s

    @abstractmethod
    def tell(self, notice: Notice) -> None:
        """Make one attempt. One that takes longer than `within_s` is given up, and made again.

        Raises:
            NotTold: It did not get there.
        """


def filled_in(text: EnvironmentText) -> str:
    """The text with its secrets. Don't store what you get.

    Raises:
        CannotTell: A variable is not set.
    """
    try:
        return text.expand()
    except UnsetVariable as error:
        raise CannotTell(str(error)) from error


def is_notifier(part: Any) -> type[Notifier[Any]]:
    """The part, if it is a notifier.

    Raises:
        TypeError: It is none.
    """
    if not (isinstance(part, type) and issubclass(part, Notifier)):
        raise TypeError("it is no class that extends chaos.notices.protocol.Notifier")
    if not issubclass(getattr(part, "spec_model", object), NotifierSpec):
        raise TypeError("its spec_model does not extend NotifierSpec")
    return part
