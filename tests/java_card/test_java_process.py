"""The process of a Java card: who may talk to it, and what is said when it does not start."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_lib.errors import ReaderError
from java_card.build import BUILD_VARIABLE, JavaCardMissing, Runtime, find_runtime
from java_card.link import Kind, Link, LinkError, LinkLost, Trouble
from java_card.process import CardProcess
from java_card.reader import JavaReader
from java_card.settings import CardSettings, Instance
from tests.support.java_cards import PACKAGE, PROBES, TROUBLE, trouble_card
from tests.support.tree import ROOT

PATIENCE = 20.0


class Greeting:
    """A card's process and how to reach it."""

    def __init__(self, process: CardProcess) -> None:
        line = process.line()
        assert line
        where = json.loads(line)
        self.process = process
        self.port: int = where["port"]
        self.token = bytes.fromhex(where["token"])

    def link(self, token: bytes | None = None) -> Link:
        return Link(self.port, self.token if token is None else token, PATIENCE)


@pytest.fixture
def greeted(java: None) -> Iterator[Greeting]:
    del java
    process = CardProcess(trouble_card().lines())
    try:
        yield Greeting(process)
    finally:
        process.end()


def test_a_second_client_is_refused_while_the_first_is_served(greeted: Greeting) -> None:
    first = greeted.link()
    with pytest.raises(LinkError, match="another program has this card") as caught:
        greeted.link()
    assert caught.value.trouble is Trouble.TAKEN
    assert first.ask(Kind.RESET) == bytes.fromhex("3B800181")
    first.close()


def test_a_client_without_the_token_does_not_get_the_card(greeted: Greeting) -> None:
    for token in (b"", bytes(16), greeted.token[:-1]):
        with pytest.raises(LinkError, match="token") as caught:
            greeted.link(token)
        assert caught.value.trouble is Trouble.REFUSED
    link = greeted.link()
    link.close()


def test_the_card_can_be_reached_from_this_machine_only(greeted: Greeting) -> None:
    with socket.socket() as other:
        # Another address of this machine's loopback network, at which nothing listens.
        assert other.connect_ex(("127.0.0.2", greeted.port)) != 0


def test_a_client_that_disappears_ends_the_process_cleanly(greeted: Greeting) -> None:
    greeted.link().close()
    assert greeted.process.wait(PATIENCE)
    assert greeted.process.exit_code == 0


def test_a_client_that_disappears_within_a_frame_ends_it_too(greeted: Greeting) -> None:
    with socket.create_connection(("127.0.0.1", greeted.port)) as raw:
        raw.sendall((17).to_bytes(4, "big") + b"H" + greeted.token)
        assert raw.recv(64)[4:] == b"+"
        raw.sendall(b"\x00\x00\x01\x00T\x00")
    assert greeted.process.wait(PATIENCE)
    assert greeted.process.exit_code == 0


def test_garbage_is_refused_and_what_means_something_is_understood_after_it(
    greeted: Greeting,
) -> None:
    with socket.create_connection(("127.0.0.1", greeted.port)) as raw:
        raw.sendall((17).to_bytes(4, "big") + b"H" + greeted.token)
        raw.recv(64)
        raw.sendall((100_000).to_bytes(4, "big") + bytes(100_000))
        raw.sendall(b"\x00\x00\x00\x01?")
        stream = raw.makefile("rb")
        refusal = stream.read(int.from_bytes(stream.read(4), "big"))
        assert refusal[:2] == bytes((ord("-"), Trouble.BAD_FRAME))
        assert stream.read(6) == b"\x00\x00\x00\x02+\x01"


def test_the_end_of_standard_input_ends_the_process_cleanly(greeted: Greeting) -> None:
    link = greeted.link()
    greeted.process.leave()
    assert greeted.process.wait(PATIENCE)
    assert greeted.process.exit_code == 0
    with pytest.raises(LinkLost):
        link.ask(Kind.POWERED)
    link.close()


@pytest.mark.usefixtures("java")
def test_what_java_remarks_does_not_stand_before_what_the_card_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xlog:gc -Xlog:startuptime")
    with JavaReader("java", trouble_card()) as card:
        assert card.atr == bytes.fromhex("3B800181")


# Cards that cannot be


@pytest.mark.usefixtures("java")
@pytest.mark.parametrize(
    ("card", "said"),
    [
        (CardSettings(domain="no.such.Domain"), "no.such.Domain"),
        (CardSettings(sizes=(("nonsense", 1),)), "nonsense"),
        (CardSettings(sizes=(("commitCapacity", -1),)), "commitCapacity"),
        (CardSettings(instances=(Instance(PACKAGE, TROUBLE, TROUBLE),)), TROUBLE.hex().upper()),
        (trouble_card(("persistentBytes", 1)), "6A84"),
        (trouble_card(parameters=b"\x20"), "Trouble.java:"),
        (trouble_card(parameters=b"\x30"), "install does not come to an end"),
        (trouble_card(class_path=ROOT / "no-such-folder"), "no-such-folder is no folder"),
        (trouble_card(class_path=ROOT / "README.md"), "no jar that can be read"),
    ],
)
def test_a_card_that_cannot_be_made_is_told_with_the_reason(card: CardSettings, said: str) -> None:
    with pytest.raises(ReaderError, match=r"(cannot be made|describe no card): ") as caught:
        JavaReader("java", card)
    assert said in caught.value.message
    assert "unicard.link" not in caught.value.message
    assert "change the settings" in caught.value.advice


@pytest.mark.usefixtures("java")
def test_a_class_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    whole = PROBES / "probes" / "link" / "Trouble.class"
    damaged = tmp_path / "probes" / "link" / "Trouble.class"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(whole.read_bytes()[:300])
    with pytest.raises(ReaderError, match=r"Trouble\.class cannot be read") as caught:
        JavaReader("java", trouble_card(class_path=tmp_path))
    assert "not valid" in caught.value.message


def test_a_setting_with_a_line_break_is_refused_before_anything_is_started() -> None:
    card = trouble_card(class_path=Path("classes\ndomain.key=00"))
    with pytest.raises(ValueError, match="classPath has more than one line"):
        JavaReader("java", card, Runtime(Path("/none"), ()))


# Machines that have no Java card


def test_without_a_build_it_is_said_what_builds_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_java(tmp_path / "bin", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path))
    with pytest.raises(JavaCardMissing, match=BUILD_VARIABLE) as caught:
        find_runtime()
    assert "make java" in caught.value.advice


def test_without_java_it_is_said_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(JavaCardMissing, match="17 or newer") as caught:
        find_runtime()
    assert "make java" in caught.value.advice


def test_the_java_of_java_home_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = fake_java(tmp_path / "home" / "bin", "exit 0")
    (tmp_path / "unicard-link-1.jar").touch()
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "other.jar").touch()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path))
    jars = (tmp_path / "unicard-link-1.jar", tmp_path / "lib" / "other.jar")
    assert find_runtime() == Runtime(ours, jars)


def fake_java(folder: Path, program: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "java"
    path.write_text(f"#!/bin/sh\n{program}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("echo out of memory >&2; exit 3", "exit code 3:\n    out of memory"),
        ("kill -9 $$", "ended by signal 9"),
        ("echo hello; cat", "introduced itself with 'hello'"),
        ('echo \'{"port": 1, "token": "00"}\'', "ended with exit code 0"),
        ("echo java.lang.UnsupportedClassVersionError >&2; exit 1", "too old"),
    ],
)
def test_a_java_that_does_not_bring_a_card_is_told(program: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ReaderError) as caught:
        JavaReader("java", CardSettings(), Runtime(fake_java(tmp_path, program), ()))
    assert said in caught.value.message
    assert "reader is connected" not in caught.value.advice


def test_a_machine_without_room_for_temporary_files_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(ReaderError, match="cannot be kept: No such file") as caught:
        JavaReader("java", CardSettings(), Runtime(fake_java(tmp_path, "exit 0"), ()))
    assert "TMPDIR" in caught.value.advice


def test_a_java_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="cannot be started"):
        JavaReader("java", CardSettings(), Runtime(tmp_path / "none", ()))
