"""Takes a proxy up again."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.guardian.deed import Deed, NotUndone
from chaos.guardian.deeds.proxy_server import NoAnswer, ProxyServer, ServerGone


@dataclass(frozen=True)
class EnableProxy(Deed):
    """Takes a proxy up again; one that is up stays as it is.

    Attributes:
        url: The Toxiproxy server.
        proxy: The proxy's name.
        own: Whether the server was started by this run, and so ends with it.
    """

    kind = "enable-proxy"

    url: str
    proxy: str
    own: bool

    def carry_out(self) -> None:
        """Take it up.

        Raises:
            NotUndone: The server is not this run's own, and did not do it.
        """
        try:
            ProxyServer(self.url).ask("POST", "proxies", self.proxy, body={"enabled": True})
        except ServerGone:
            return
        except NoAnswer as error:
            if not self.own:
                raise NotUndone(
                    f"the proxy {self.proxy} of {self.url} is down ({error}); take it up: "
                    f"curl -d '{{\"enabled\": true}}' '{self.url}/proxies/{self.proxy}'"
                ) from error

    def __str__(self) -> str:
        return f"take the proxy {self.proxy} of {self.url} up"
