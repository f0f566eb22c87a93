"""Typed errors of the card library; each says what happened, what changed and what to do next."""

from applet_spec.errors import Changed, ExitCode, UnicardError


class ReaderError(UnicardError):
    """A reader cannot be used: absent stack, refused access, failed transmission."""

    advice = "check that the reader is connected and that no other program holds it"


class ReaderNotFound(ReaderError):
    """No reader answers to the given name."""

    exit_code = ExitCode.USAGE
    advice = "list the readers with `unicard reader list` and name one of them"


class CardRemoved(ReaderError):
    """The card left the reader, or was reset by another program, while it was in use."""

    changed = Changed.UNKNOWN
    exit_code = ExitCode.UNCERTAIN
    advice = "put the card back and ask it for its state before anything is repeated"


class ReaderTimeout(ReaderError):
    """The reader or the card did not answer in time."""

    changed = Changed.UNKNOWN
    exit_code = ExitCode.UNCERTAIN
    advice = "take the card out, put it back and ask it for its state before anything is repeated"


class ProtocolError(UnicardError):
    """The card answered what the protocol does not allow, for example a truncated response."""

    changed = Changed.UNKNOWN
    exit_code = ExitCode.UNCERTAIN
    advice = "ask the card for its state before anything is repeated; try another reader"


class TlvError(ProtocolError):
    """Bytes that are no strict BER-TLV; ``offset`` is the index of the first byte at fault."""

    changed = Changed.NO
    exit_code = ExitCode.FAILED
    advice = "the data is damaged or of another format; read it again from its source"

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"{message} (at byte {offset})")
        self.offset = offset


class SecureMessagingError(UnicardError):
    """A response in a secure session has no valid MAC: no success, whatever its status word."""

    changed = Changed.UNKNOWN
    exit_code = ExitCode.UNCERTAIN
    advice = (
        "do not trust this response; open a new session and ask the card for its state "
        "before anything is repeated"
    )


class ChannelClosed(SecureMessagingError):
    """The secure channel ended earlier and protects no further command; nothing was sent."""

    changed = Changed.NO
    exit_code = ExitCode.FAILED
    advice = "open a new session"


class CardCryptogramError(UnicardError):
    """The card does not hold the keys it was asked for; the attempt ended before authentication.

    EXTERNAL AUTHENTICATE was not sent, so the card is untouched and no try was spent.
    """

    advice = "check which keys this card has (key version, key store) before trying again"


class SessionNotOffered(UnicardError):
    """The card does not offer the protocol or security level asked for; nothing was changed."""

    exit_code = ExitCode.REFUSED
    advice = "ask for a security level that the card offers"
