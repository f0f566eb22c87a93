"""What every command is: a value that encodes itself and decodes its answer."""

from abc import abstractmethod
from collections.abc import Generator
from typing import ClassVar, Generic, Literal, TypeVar

from applet_spec import CommandSpec, spec
from host_lib.apdu import MAX_SHORT_NE, Apdu, Ranges, Response
from host_lib.errors import ProtocolError
from host_lib.refusals import refusal

T_co = TypeVar("T_co", covariant=True)
SUCCESS = 0x9000


class Command(Generic[T_co]):
    """A command of the contract. ``yield from`` it in a flow to get its typed answer.

    A child class is a frozen dataclass of the command's parameters; ``NAME`` and ``TARGET`` say
    which entry of the contract it is, from which class and instruction byte come.
    """

    NAME: ClassVar[str]
    TARGET: ClassVar[Literal["application", "card manager"]] = "application"

    @property
    def contract(self) -> CommandSpec:
        """The command's entry in the contract."""
        book = spec().commands if self.TARGET == "application" else spec().card_manager
        return book[self.NAME]

    def accepts(self, sw: int) -> bool:
        """Say whether a status word is an answer to this command rather than a refusal."""
        return sw == SUCCESS

    @abstractmethod
    def apdu(self) -> Apdu:
        """Return the command as it is sent outside a session."""

    @abstractmethod
    def decode(self, response: Response) -> T_co:
        """Return the typed answer. Raises ProtocolError for one against the contract."""

    def __iter__(self) -> Generator[Apdu, Response, T_co]:
        """Send the command and return its answer; raise a `Refused` error for any other."""
        response = yield self.apdu()
        if not self.accepts(response.sw):
            raise refusal(self.contract, response.sw)
        return self.decode(response)

    def build(
        self,
        p1: int,
        p2: int,
        data: bytes = b"",
        *,
        answer: bool = False,
        secret: bool | Ranges = False,
    ) -> Apdu:
        """Return the APDU; ``answer`` asks for data, ``secret`` hides the command's in traces."""
        return Apdu(
            self.contract.cla,
            self.contract.ins,
            p1,
            p2,
            data,
            ne=MAX_SHORT_NE if answer else 0,
            label=self.NAME,
            secret=secret,
        )

    def malformed(self, why: str) -> ProtocolError:
        """Return the error for an answer that the contract does not allow."""
        return ProtocolError(f"the answer to {self.NAME} is malformed: {why}")

    def exactly(self, response: Response, length: int) -> bytes:
        """Return the response data, which must have this length in bytes. Raises ProtocolError."""
        if len(response.data) != length:
            raise self.malformed(f"{len(response.data)} bytes of data instead of {length}")
        return response.data
