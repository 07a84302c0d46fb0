"""Takes the toxics of one injection away from a proxy."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.guardian.deed import Deed, NotUndone
from chaos.guardian.deeds.proxy_server import NoAnswer, ProxyServer, ServerGone


@dataclass(frozen=True)
class RemoveToxics(Deed):
    """Takes toxics away from a proxy.

    Attributes:
        url: The Toxiproxy server.
        proxy: The proxy's name.
        prefix: How the names of the toxics begin.
        own: Whether the server was started by this run. What it does not do any more is undone by its end, which
            the end of the run brings.
    """

    kind = "remove-toxics"

    url: str
    proxy: str
    prefix: str
    own: bool

    def carry_out(self) -> None:
        """Take them away.

        Raises:
            NotUndone: The server is not this run's own, and did not do it.
        """
        server = ProxyServer(self.url)
        try:
            for toxic in server.ask("GET", "proxies", self.proxy, "toxics") or ():
                if toxic["name"].startswith(self.prefix):
                    server.ask("DELETE", "proxies", self.proxy, "toxics", toxic["name"])
        except ServerGone:
            return
        except NoAnswer as error:
            if not self.own:
                raise NotUndone(
                    f"toxics are left on the proxy {self.proxy} of {self.url} ({error}); "
                    f"remove the proxy: curl -X DELETE '{self.url}/proxies/{self.proxy}'"
                ) from error

    def __str__(self) -> str:
        return f"take the toxics {self.prefix}* away from the proxy {self.proxy} of {self.url}"
