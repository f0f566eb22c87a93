"""A key set: the keys of one version with which a secure channel is opened."""

from dataclasses import dataclass

from host_lib.secret import AesKey


@dataclass(frozen=True, slots=True)
class KeySet:
    """SCP03 static keys of one key version (GPC Amendment D, 6.1).

    ``version`` is the key version number, 00-FF; ``dek`` is None where no keys are transported,
    as in role sessions. ValueError for keys of different lengths.
    """

    version: int
    enc: AesKey
    mac: AesKey
    dek: AesKey | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.version <= 0xFF:
            raise ValueError(f"a key version number is one byte, not {self.version}")
        lengths = {len(key) for key in (self.enc, self.mac, self.dek) if key is not None}
        if len(lengths) != 1:
            raise ValueError("the keys of one set have one length")
