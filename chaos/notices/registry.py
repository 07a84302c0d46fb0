"""The notifiers, by name."""

from __future__ import annotations

from typing import Any

from chaos.notices.protocol import Notifier, is_notifier
from chaos.registry import Registry

NOTIFIERS: Registry[type[Notifier[Any]]] = Registry(
    "notifier",
    "chaos.notifiers",
    {
        "webhook": "chaos.notices.webhook:Webhook",
        "slack": "chaos.notices.slack:Slack",
        "email": "chaos.notices.email:Email",
        "command": "chaos.notices.command:Command",
    },
    is_notifier,
)
