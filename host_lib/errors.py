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


class PinMalformed(UnicardError, ValueError):
    """What was typed is no PIN; nothing was sent, and no try was spent."""

    exit_code = ExitCode.USAGE
    advice = "ask the holder again"


class NoTransaction(UnicardError, ValueError):
    """What is asked for is no transaction that any card can take; nothing was sent."""

    exit_code = ExitCode.USAGE
    advice = "ask for one to four different services, each with an amount that is allowed"


class SecureMessagingError(UnicardError):
    """A response in a secure session has no valid MAC: no success, whatever its status word."""

    changed = Changed.UNKNOWN
    exit_code = ExitCode.UNCERTAIN
    advice = (
        "do not trust this response; open a new session and ask the card for its state "
        "before anything is repeated"
    )


class MiscountError(SecureMessagingError):
    """The card's encryption counter is not the host's: its answer is authentic and unreadable.

    The status word has a right MAC, so the command was carried out as it says. ``off`` is how far
    the card's counter stands from the host's; a card that leaves commands without data out stands
    behind it (-1, -2 …).
    """

    changed = Changed.UNKNOWN
    advice = (
        "the card carried out this command and no later one; ask it for its state. Report the card "
        "type; level 11, which encrypts nothing, does not depend on the counter"
    )

    def __init__(self, message: str, off: int) -> None:
        super().__init__(message)
        self.off = off


class ChannelClosed(SecureMessagingError):
    """The secure channel ended earlier and protects no further command; nothing was sent."""

    changed = Changed.NO
    exit_code = ExitCode.FAILED
    advice = "open a new session"


class CounterExhausted(ChannelClosed):
    """The session has had as many commands as it can have; this one was not sent."""


class CardChallengeError(UnicardError):
    """The card has the right keys, and its pseudo-random challenge is not what they give.

    The challenge follows from the key, the sequence counter and the name of what is selected (GPC
    Amendment D, 6.2.2.1). EXTERNAL AUTHENTICATE was not sent.
    """

    advice = (
        "another application may be selected than was asked for, or the answer was replayed or "
        "changed: select again and open a new session; if it stays, report the card type"
    )


class DiversificationError(UnicardError):
    """The card named other diversification data for its keys than it did elsewhere.

    Or its answer is about other role keys than were asked for. Nothing proves the answer to
    INITIALIZE UPDATE that it stands in, and keys that are derived from wrong data would put the
    card out of reach; none was put, and nothing was authenticated.
    """

    advice = (
        "the answer was damaged or changed on the way: try again, with another reader if it stays"
    )


class RoleKeysNotHeld(UnicardError):
    """The card's keys of a role come from a master that the key holder does not have.

    Nothing was authenticated. A key holder raises it, and so does a flow that was asked for the
    keys of one master version and found others on the card.
    """

    advice = "give the key holder the master of this version, or the card keys of another one"


class CardStopped(UnicardError):
    """The card is on the stop list of a key holder, which gives no keys for it.

    Nothing was authenticated.
    """

    advice = "keep the card out of use and tell its holder to call the issuer"


class CardCryptogramError(UnicardError):
    """The card does not hold the keys it was asked for; the attempt ended before authentication.

    EXTERNAL AUTHENTICATE was not sent, so the card is untouched and no try was spent.
    """

    advice = (
        "`unicard card probe` shows version and length of the card's keys, `unicard keys list` "
        "those of the key store"
    )


class SessionNotOffered(UnicardError):
    """The card does not offer the protocol or security level asked for; nothing was changed."""

    exit_code = ExitCode.REFUSED
    advice = (
        "ask for a security level that the card offers; the command line goes by the card's type, "
        "which `unicard card probe` shows"
    )


class CertificateError(UnicardError):
    """A certificate cannot be made or is not accepted."""


class CertificateMalformed(CertificateError):
    """Bytes that are no certificate of the profile in `host_lib.certificates`."""

    advice = "Read the certificate from the card again; a card that repeats it is not genuine."


class CertificateNotGenuine(CertificateError):
    """The issuer did not sign this certificate."""

    advice = "Do not accept the card; check that the right issuer certificate is used."


class CertificateNotValidAt(CertificateError):
    """The certificate, or its issuer's, is not yet valid or has expired at the given time."""

    advice = "Check the clock and the card's dates."
