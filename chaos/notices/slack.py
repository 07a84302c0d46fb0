"""Notices to a channel of Slack, or of whatever takes Slack's incoming webhooks (Mattermost, Rocket.Chat, Discord)."""

from __future__ import annotations

import json

from pydantic import Field

from chaos.experiment.environment import EnvironmentText
from chaos.notices.notice import Notice
from chaos.notices.posting import post_json
from chaos.notices.protocol import Notifier, NotifierSpec, filled_in


class SlackSpec(NotifierSpec):
    """An entry with `notifier: slack`."""

    url: EnvironmentText = Field(
        description="the incoming webhook: whoever has it can post, so `${env:NAME}`"
    )


class Slack(Notifier[SlackSpec]):
    """The text of the notice, with the three characters escaped that Slack gives a meaning."""

    spec_model = SlackSpec

    def tell(self, notice: Notice) -> None:
        text = notice.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        post_json(filled_in(self.spec.url), json.dumps({"text": text}), {}, self.within_s)
