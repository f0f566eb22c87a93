"""INSTALL for load, LOAD, applications of a loaded file, partial names, and DELETE."""

from dataclasses import replace

from card_simulator import card_manager, install_data, loading
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.content import MAKE_SELECTABLE, Content
from card_simulator.inert import InertApplication
from card_simulator.load_files import LoadFile, read_load_file
from card_simulator.loading import Loading
from card_simulator.registry import Instance, Mark, Registry
from card_simulator.selection import Selection
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    after,
    forgiving,
    no_session_needed,
    nothing,
    replaced,
)


def _with(command: Command, *, p1: int | None = None, p2: int | None = None) -> Command:
    cla, ins, old_p1, old_p2 = command.header
    first = old_p1 if p1 is None else p1
    second = old_p2 if p2 is None else p2
    return Command(cla, ins, first, second, command.data, command.ne)


def _without_end(self: Loading, *_args: object) -> None:
    self._most_bytes = 1 << 20


def _parameters(target: type, name: str, **values: int) -> Patch:
    """Return a patch under which a method sees other parameters than those that came."""

    def patch(monkey: Patcher) -> None:
        original = getattr(target, name)

        def method(self: object, command: Command) -> Answer:
            answer: Answer = original(self, _with(command, **values))
            return answer

        monkey.setattr(target, name, method)

    return patch


def _without_modules(patch: Patcher) -> None:
    original = Registry.put_load_file

    def put(self: Registry, file: LoadFile, marks: Mark = Mark.NOTHING) -> None:
        original(self, replace(file, modules=()), marks)

    patch.setattr(Registry, "put_load_file", put)


def _hash_unchecked(patch: Patcher) -> None:
    patch.setattr(loading, "compare_digest", lambda _left, _right: True)


def _any_name(patch: Patcher) -> None:
    def read(self: Loading, load: object, content: bytes) -> None:
        self._registry.put_load_file(replace(read_load_file(content), aid=load.aid))  # type: ignore[attr-defined]

    patch.setattr(Loading, "_finish", read)


def _skips_dap(patch: Patcher) -> None:
    original = Loading.load

    def load(self: Loading, command: Command) -> Answer:
        if command.data[:1] == b"\xe2":
            size = 2 + command.data[1]
            command = replace(command, data=command.data[size:])
        return original(self, command)

    patch.setattr(Loading, "load", load)


def _no_data_after_the_end(patch: Patcher) -> None:
    original = Loading._content

    def content(self: Loading, load: object) -> bytes | None:
        try:
            return original(self, load)  # type: ignore[arg-type]
        except StatusError as error:
            if error.sw != SW.WRONG_DATA:
                raise
            del load.data[-1:]  # type: ignore[attr-defined]
            return original(self, load)  # type: ignore[arg-type]

    patch.setattr(Loading, "_content", content)


def _loads_over_gaps(patch: Patcher) -> None:
    """Keep the load file on its way whatever comes in between, errors too."""
    original = Loading.load

    def load(self: Loading, command: Command) -> Answer:
        before = self._load
        try:
            return original(self, command)
        except StatusError:
            self._load = before
            raise

    patch.setattr(Loading, "load", load)
    patch.setattr(Loading, "forget", nothing)


def _always_selectable(patch: Patcher) -> None:
    original = Content.install

    def install(self: Content, command: Command) -> Answer:
        return original(self, _with(command, p1=command.p1 | MAKE_SELECTABLE))

    patch.setattr(Content, "install", install)


def _no_parameters(patch: Patcher) -> None:
    original = install_data.check_parameters

    def check(parameters: bytes, *, for_application: bool) -> None:
        original(parameters, for_application=for_application)
        if for_application and len(parameters) > 2:
            raise StatusError(SW.WRONG_DATA)

    patch.setattr(install_data, "check_parameters", check)


def _whole_names_only(patch: Patcher) -> None:
    original = Selection.find

    def find(self: Selection, command: Command, selected: bytes) -> bytes:
        found = original(self, command, selected)
        if command.data not in (b"", found):
            raise StatusError(SW.NOT_FOUND)
        return found

    patch.setattr(Selection, "find", find)


def _last_of_a_name(patch: Patcher) -> None:
    original = Selection._names

    def names(self: Selection) -> list[bytes]:
        first, *others = original(self)
        return [first, *reversed(others)]

    patch.setattr(Selection, "_names", names)


def _next_is_the_first(patch: Patcher) -> None:
    original = Selection.find

    def find(self: Selection, command: Command, selected: bytes) -> bytes:
        return original(self, _with(command, p2=0x00), selected)

    patch.setattr(Selection, "find", find)


def _data_stays(patch: Patcher) -> None:
    def erase(self: Registry, aid: bytes) -> None:
        self._memory.erase(f"content.{aid.hex().upper()}")

    patch.setattr(Registry, "_erase_instance", erase)


def _inert_answers(_self: InertApplication, _command: Command) -> bytes:
    return Answer().encode()


def _domain_is_deleted(patch: Patcher) -> None:
    original = Content.delete

    def delete(self: Content, command: Command) -> Answer:
        return Answer(b"\x00") if command.data[2:] == self._aids.isd else original(self, command)

    patch.setattr(Content, "delete", delete)


def _locks_unseen(self: Instance) -> bool:
    return Mark.NOT_SELECTABLE not in self.marks


MUTANTS: Rows = (
    ("forgets the modules of a load file", "LOD-01", _without_modules),
    ("loads for anyone", "LOD-02", no_session_needed("LOAD")),
    (
        "takes blocks of nothing",
        "LOD-03",
        forgiving(Loading, "load", SW.CONDITIONS_NOT_SATISFIED),
    ),
    ("goes on after a block in the wrong place", "LOD-04", _loads_over_gaps),
    ("does not compare the hash", "LOD-05", _hash_unchecked),
    ("loads under another name", "LOD-05", _any_name),
    ("leaves out a DAP block", "LOD-05", _skips_dap),
    ("cuts off what is too much", "LOD-05", _no_data_after_the_end),
    ("has no end of room", "LOD-06", after(Loading, "begin", _without_end)),
    ("loads over other commands", "LOD-07", _loads_over_gaps),
    ("installs over what is there", "INS-03", forgiving(Content, "install", 0x6985)),
    ("makes selectable what is only installed", "INS-06", _always_selectable),
    (
        "answers for a program that it lacks",
        "INS-07",
        replaced(InertApplication, "process", _inert_answers),
    ),
    ("extradites", "INS-08", replaced(card_manager, "_refuse", lambda _command: Answer())),
    ("grants privileges", "INS-09", replaced(install_data, "check_no_privilege", nothing)),
    ("ignores tokens", "INS-09", replaced(install_data, "check_no_token", nothing)),
    ("installs under any name", "INS-09", replaced(install_data, "check_aid", nothing)),
    ("takes no parameters", "INS-10", _no_parameters),
    ("knows whole names only", "ISD-04", _whole_names_only),
    ("selects the last of a name", "ISD-04", _last_of_a_name),
    ("begins again for the next one", "ISD-05", _next_is_the_first),
    ("deletes nothing", "DEL-01", replaced(Content, "delete", lambda _s, _c: Answer(b"\x00"))),
    ("deletes content for anyone", "DEL-02", no_session_needed("DELETE")),
    ("deletes a load file in use", "DEL-03", _parameters(Content, "delete", p2=0x80)),
    ("deletes its security domain", "DEL-03", _domain_is_deleted),
    ("deletes by any data", "DEL-04", forgiving(Content, "delete", SW.WRONG_DATA)),
    ("deletes what is not there", "DEL-05", forgiving(Content, "delete", 0x6A88)),
    ("deletes no applications with a load file", "DEL-06", _parameters(Content, "delete", p2=0)),
    ("keeps the data of a deleted application", "DEL-07", _data_stays),
)
