"""The card's registry: what GET STATUS lists, all pages of it."""

from host_lib.command import GetStatus, Registry, StatusEntry
from host_lib.command.card_answers import parse_status
from host_lib.flow.base import Flow
from host_lib.refusals import NotFound


def list_registry(part: Registry) -> Flow[tuple[StatusEntry, ...]]:
    """Return the entries of one part of the registry; none where nothing is there.

    Needs an issuer session with the card manager selected.
    """
    try:
        page = yield from GetStatus(part)
    except NotFound:
        return ()
    data = page.data
    while page.more:
        page = yield from GetStatus(part, go_on=True)
        data += page.data
    return parse_status(data)
