"""The card library: what a terminal, an ATM or a back office embeds to talk to a card.

Lives here, from the wire up: readers (`reader`, `transports`), framing (`framing`), the secure
channel (`scp03`), commands, flows and their drivers, the typed errors; a terminal's sessions
(`card`, `pos`, on asyncio `async_card`), its journal, and the relay to a back office. Everything
between the transport and the driver is free of I/O: commands and flows are generators that yield
APDUs.
May import: ``applet_spec``. Never prompts, never prints.
"""

from applet_spec import Changed, ExitCode, UnicardError
from host_lib.card import Card
from host_lib.drive import NoKeysError, drive
from host_lib.errors import (
    CardChallengeError,
    CardCryptogramError,
    CardRemoved,
    CardStopped,
    CertificateError,
    CertificateMalformed,
    CertificateNotGenuine,
    CertificateNotValidAt,
    ChannelClosed,
    DiversificationError,
    MiscountError,
    NoTransaction,
    PinMalformed,
    ProtocolError,
    ReaderError,
    ReaderNotFound,
    ReaderTimeout,
    RoleKeysNotHeld,
    SecureMessagingError,
    SessionNotOffered,
)
from host_lib.flow.base import CardKeys, Flow, RoleKeys
from host_lib.flow.genuine import NotGenuine
from host_lib.flow.pin import LastTry
from host_lib.flow.pos import ReceiptNotWritten, UnsettledTransaction
from host_lib.flow.prove import Above, Never, NotProven, OneIn, Prover
from host_lib.flow.role_session import RoleSession
from host_lib.flow.session import SessionTerms
from host_lib.flow.transaction import (
    Happened,
    NotHappened,
    Outcome,
    TransactionNotHappened,
    TransactionUncertain,
    Undecided,
    Why,
)
from host_lib.journal import JournalDamaged, JournalError, TerminalJournal
from host_lib.keyset import KeySet
from host_lib.pos import NotDispensed, PosSession
from host_lib.reader import Reader, open_reader
from host_lib.refusals import (
    ApplicationNotFound,
    AuthenticationBlocked,
    BalanceTooSmall,
    CardFailure,
    CeilingExceeded,
    ConditionsNotSatisfied,
    DebitLimitReached,
    IncorrectData,
    LimitExceeded,
    NameUsed,
    NotFound,
    NotValidOnDate,
    NumberNotCurrent,
    PeriodBeyondHorizon,
    PeriodPast,
    RecordNotFound,
    Refused,
    SecurityStatusNotSatisfied,
    ServiceDisabled,
    UnknownStatusWord,
    VerificationRequired,
    WrongPin,
)
from host_lib.roles import Role, RoleKeySet, Slot
from host_lib.secret import AesKey, Pin, SecretBytes
from host_lib.stop_list import StopList, StopListDamaged
from host_lib.terminal import Terminal
from host_lib.transaction import Credit, Debit, Operation, Pending, Receipt, Request, Reverse

__all__ = [
    "Above",
    "AesKey",
    "ApplicationNotFound",
    "AuthenticationBlocked",
    "BalanceTooSmall",
    "Card",
    "CardChallengeError",
    "CardCryptogramError",
    "CardFailure",
    "CardKeys",
    "CardRemoved",
    "CardStopped",
    "CeilingExceeded",
    "CertificateError",
    "CertificateMalformed",
    "CertificateNotGenuine",
    "CertificateNotValidAt",
    "Changed",
    "ChannelClosed",
    "ConditionsNotSatisfied",
    "Credit",
    "Debit",
    "DebitLimitReached",
    "DiversificationError",
    "ExitCode",
    "Flow",
    "Happened",
    "IncorrectData",
    "JournalDamaged",
    "JournalError",
    "KeySet",
    "LastTry",
    "LimitExceeded",
    "MiscountError",
    "NameUsed",
    "Never",
    "NoKeysError",
    "NoTransaction",
    "NotDispensed",
    "NotFound",
    "NotGenuine",
    "NotHappened",
    "NotProven",
    "NotValidOnDate",
    "NumberNotCurrent",
    "OneIn",
    "Operation",
    "Outcome",
    "Pending",
    "PeriodBeyondHorizon",
    "PeriodPast",
    "Pin",
    "PinMalformed",
    "PosSession",
    "ProtocolError",
    "Prover",
    "Reader",
    "ReaderError",
    "ReaderNotFound",
    "ReaderTimeout",
    "Receipt",
    "ReceiptNotWritten",
    "RecordNotFound",
    "Refused",
    "Request",
    "Reverse",
    "Role",
    "RoleKeySet",
    "RoleKeys",
    "RoleKeysNotHeld",
    "RoleSession",
    "SecretBytes",
    "SecureMessagingError",
    "SecurityStatusNotSatisfied",
    "ServiceDisabled",
    "SessionNotOffered",
    "SessionTerms",
    "Slot",
    "StopList",
    "StopListDamaged",
    "Terminal",
    "TerminalJournal",
    "TransactionNotHappened",
    "TransactionUncertain",
    "Undecided",
    "UnicardError",
    "UnknownStatusWord",
    "UnsettledTransaction",
    "VerificationRequired",
    "Why",
    "WrongPin",
    "drive",
    "open_reader",
]
