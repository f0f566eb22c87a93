"""Commands as values: each encodes itself, decodes its answer and knows its status words.

``base`` is the shape, ``application``, ``role_keys``, ``card_manager``, ``card_content`` and
``card_keys`` hold the commands, ``answers`` and ``card_answers`` what they return. No I/O here; may
import applet_spec and host_lib's lower layers.
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
from host_lib.command.card_answers import (
    ApplicationState,
    CardRecognition,
    CardState,
    Cplc,
    KeyEntry,
    ManagerFci,
    ProtocolOffer,
    StatusEntry,
)
from host_lib.command.card_content import (
    DeleteContent,
    Install,
    InstallForLoad,
    InstallForPersonalization,
    Load,
    MakeSelectable,
)
from host_lib.command.card_keys import DeleteKey, KeyNotPuttable, PutKey, PutOneKey
from host_lib.command.card_manager import (
    GetCardData,
    GetCardRecognition,
    GetCplc,
    GetKeyInformation,
    GetSequenceCounter,
    GetStatus,
    Registry,
    SelectCardManager,
    SetApplicationStatus,
    SetCardStatus,
    StoreCardData,
)
from host_lib.command.role_keys import DeleteRoleKeys, PutRoleKeys

__all__ = [
    "ApplicationState",
    "AskPin",
    "CardRecognition",
    "CardState",
    "ChangePin",
    "Command",
    "Cplc",
    "DeleteContent",
    "DeleteKey",
    "DeleteRoleKeys",
    "Fci",
    "GenerateKeyPair",
    "GetCardData",
    "GetCardRecognition",
    "GetCplc",
    "GetData",
    "GetDataPart",
    "GetKeyInformation",
    "GetSequenceCounter",
    "GetStatus",
    "Install",
    "InstallForLoad",
    "InstallForPersonalization",
    "InternalAuthenticate",
    "KeyEntry",
    "KeyNotPuttable",
    "Load",
    "MakeSelectable",
    "ManagerFci",
    "Part",
    "PinStatus",
    "Proof",
    "ProtocolOffer",
    "PutData",
    "PutKey",
    "PutOneKey",
    "PutRoleKeys",
    "ReadPublicKey",
    "Registry",
    "ResetRetryCounter",
    "Select",
    "SelectCardManager",
    "SetApplicationStatus",
    "SetCardStatus",
    "SetStatus",
    "StatusEntry",
    "StoreCardData",
    "StoreData",
    "VerifyPin",
]
