"""Removes the proxies of a run from a server that others use too."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.guardian.deed import Deed, NotUndone
from chaos.guardian.deeds.proxy_server import NoAnswer, ProxyServer, ServerGone


@dataclass(frozen=True)
class RemoveProxies(Deed):
    """Removes a run's proxies, and leaves everybody else's alone.

    Attributes:
        url: The Toxiproxy server, which was there before the run.
        prefix: How the names of the run's proxies begin.
    """

    kind = "remove-proxies"

    url: str
    prefix: str

    def carry_out(self) -> None:
        """Remove them, with their toxics and connections.

        Raises:
            NotUndone: The server did not do it.
        """
        server = ProxyServer(self.url)
        try:
            for name in server.ask("GET", "proxies") or ():
                if name.startswith(self.prefix):
                    server.ask("DELETE", "proxies", name)
        except ServerGone:
            return
        except NoAnswer as error:
            raise NotUndone(
                f"proxies called {self.prefix}* may be left on {self.url} ({error}); list them: "
                f"curl {self.url}/proxies, and remove each: curl -X DELETE '{self.url}/proxies/NAME'"
            ) from error

    def __str__(self) -> str:
        return f"remove the proxies {self.prefix}* from {self.url}"
