"""Commands as values: each encodes itself, decodes its answer and knows its status words.

``base`` is the shape, ``application`` and ``card_manager`` hold the commands, ``answers`` and
``card_answers`` what they return. No I/O here; may import applet_spec and host_lib's lower layers.
"""

from host_lib.command.answers import Fci, Part, PinStatus, Proof
from host_lib.command.application import (
    AskPin,
    ChangePin,
    GenerateKeyPair,
    GetData,
    GetDataPart,
    InternalAuthenticate,
    PutData,
    ReadPublicKey,
    ResetRetryCounter,
    Select,
    SetStatus,
    StoreData,
    VerifyPin,
)
from host_lib.command.base import Command
from host_lib.command.card_answers import Cplc, KeyEntry, StatusEntry
from host_lib.command.card_manager import (
    DeleteKey,
    GetCardData,
    GetCplc,
    GetKeyInformation,
    GetStatus,
    Install,
    PutKey,
    Registry,
    SelectCardManager,
    SetCardStatus,
)

__all__ = [
    "AskPin",
    "ChangePin",
    "Command",
    "Cplc",
    "DeleteKey",
    "Fci",
    "GenerateKeyPair",
    "GetCardData",
    "GetCplc",
    "GetData",
    "GetDataPart",
    "GetKeyInformation",
    "GetStatus",
    "Install",
    "InternalAuthenticate",
    "KeyEntry",
    "Part",
    "PinStatus",
    "Proof",
    "PutData",
    "PutKey",
    "ReadPublicKey",
    "Registry",
    "ResetRetryCounter",
    "Select",
    "SelectCardManager",
    "SetCardStatus",
    "SetStatus",
    "StatusEntry",
    "StoreData",
    "VerifyPin",
]
