"""INSTALL [for personalization]: the STORE DATA that follow go to an application.

GlobalPlatform Card 2.3.1, 7.3.3 and 11.5.2.3.6. The application judges each block by its own
rules. Its last block, any other command and the end of the session end the forwarding.
"""

from __future__ import annotations

from collections.abc import Callable

from card_simulator import install_data
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import Application
from card_simulator.content import Content
from card_simulator.store_data import LAST_BLOCK


class Forwarding:
    """Whom the next STORE DATA are for; ``application`` is the program behind an AID."""

    def __init__(self, content: Content, application: Callable[[bytes], Application]) -> None:
        self._content = content
        self._application = application
        self._recipient: Application | None = None

    @property
    def open(self) -> bool:
        """Whether STORE DATA is for an application now."""
        return self._recipient is not None

    def forget(self) -> None:
        """End it; the application does not hear of that, so that what it has begun waits."""
        self._recipient = None

    def begin(self, command: Command) -> Answer:
        """Name the application, which has to be selectable and one that has a program."""
        *nothing, aid, privileges, parameters, token = install_data.fields(command.data, 6)
        if any((*nothing, privileges, parameters, token)):
            raise StatusError(SW.WRONG_DATA)
        instance = self._content.installed(aid)
        if instance.inert or not instance.selectable:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self._recipient = self._application(aid)
        return Answer(b"\x00")

    def forward(self, command: Command) -> Answer:
        """Let the application run a STORE DATA; to be called while it is open."""
        if self._recipient is None:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        try:
            return self._recipient.store_data(command)
        finally:
            if command.p1 & LAST_BLOCK:
                self.forget()
