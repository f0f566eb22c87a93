"""The Java card: one command through pcscd and through the loopback socket, and its start-up.

The command is the shortest there is, four bytes that nothing is called by, so that what is measured
is the way. Behind pcscd the Java card takes turns with the software card and with jCardSim's own
client of vpcd; on the socket with a program that sends every byte back; started, with a Java that
only says its version. Nothing is measured where the Java card is not built (`make java`) or pcscd
cannot be started.
"""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.figure import Figure
from benchmarks.turns import Run, microseconds
from host_lib.reader import Reader, open_reader
from java_card.build import JavaCardMissing, Runtime, find_runtime
from java_card.reader import JAVA, JavaReader
from java_card.serve import JavaCardInReader
from java_card.settings import blank_card
from tests.support.java_cards import COUNT_ON, missing_for_java, select, trouble_card
from tests.support.pcscd import Pcscd, holds_card, missing_for_pcscd, running_pcscd, wait_until

NOTHING = bytes(4)
PATIENCE = 20.0

PCSC_ROUNDS, PCSC_REPEATS = 60, 5
STOCK_ROUNDS, STOCK_REPEATS = 6, 5
SOCKET_ROUNDS, SOCKET_REPEATS = 200, 50
STARTS = 15

ECHO = """
import socket
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := connection.recv(65536):
        connection.sendall(data)
"""

STOCK_CARD = "com.licel.jcardsim.remote.VSmartCard"
STOCK_SETTINGS = """\
com.licel.jcardsim.vsmartcard.host=127.0.0.1
com.licel.jcardsim.vsmartcard.port={port}
com.licel.jcardsim.vsmartcard.reloader.port={unused}
"""


def measure() -> Iterator[Figure]:
    """Yield milliseconds behind pcscd, microseconds on the socket, and of starts, with ratios."""
    try:
        runtime = find_runtime()
    except JavaCardMissing as error:
        print(f"java_card is left out: {error.message} ({error.advice})", file=sys.stderr)
        return
    yield from _on_the_socket()
    yield from _started(runtime)
    if missing := missing_for_pcscd() or missing_for_java():
        print(f"java_card behind pcscd is left out: {missing}", file=sys.stderr)
        return
    yield from _behind_pcscd(runtime)


def _repeated(repeats: int, action: Callable[[], object]) -> Run:
    def run() -> None:
        for _ in range(repeats):
            action()

    return run


# The loopback socket


def _on_the_socket() -> Iterator[Figure]:
    with JAVA.open("") as card, JavaReader("java", trouble_card()) as writer, _echo() as echo:
        select(writer)
        actions: dict[str, Callable[[], object]] = {
            "socket": partial(card.transmit, NOTHING),
            "write": partial(writer.transmit, COUNT_ON),
            "echo": echo,
        }
        times = _timed(actions, SOCKET_ROUNDS, SOCKET_REPEATS)
    yield Figure("java_card.socket", times["socket"], "µs", "one command on the socket, median")
    yield Figure(
        "java_card.echo", times["echo"], "µs", "9 bytes to another program and back, median"
    )
    over = times["socket"] / times["echo"]
    yield Figure("java_card.socket_over_echo", over, "", "a bare TCP echo, 127.0.0.1")
    each = "commands that change nothing, one after the other"
    yield Figure("java_card.commands", 1e6 / times["socket"], "a second", each)
    each = "commands of an applet with one persistent write each"
    yield Figure("java_card.writes", 1e6 / times["write"], "a second", each)


def _timed(actions: dict[str, Callable[[], object]], rounds: int, repeats: int) -> dict[str, float]:
    prepare = {name: partial(_repeated, repeats, action) for name, action in actions.items()}
    return microseconds(prepare, repeats, rounds)


@contextmanager
def _echo() -> Iterator[Callable[[], object]]:
    """Give what sends as many bytes as a command's frame has to an echo, and receives them."""
    frame = bytes(5 + len(NOTHING))
    with subprocess.Popen(
        [sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def there_and_back() -> None:
                connection.sendall(frame)
                left = len(frame)
                while left:
                    left -= len(connection.recv(left))

            yield there_and_back


# Start-up


def _started(runtime: Runtime) -> Iterator[Figure]:
    times: dict[str, list[float]] = {"start": [], "java_version": []}
    runs: dict[str, Callable[[], None]] = {
        "start": _first_answer,
        "java_version": partial(_version, runtime),
    }
    for turn in range(STARTS + 1):
        for name in runs if turn % 2 else reversed(runs):
            begun = perf_counter()
            runs[name]()
            if turn:
                times[name].append(perf_counter() - begun)
    ours, bare = (1e3 * median(times[name]) for name in ("start", "java_version"))
    yield Figure("java_card.start", ours, "ms", "from nothing to the first answer, median")
    yield Figure("java_card.java_version", bare, "ms", "`java -version`, median")
    yield Figure("java_card.start_over_java", ours / bare, "", "`java -version`")


def _first_answer() -> None:
    with JAVA.open("") as card:
        card.transmit(NOTHING)


def _version(runtime: Runtime) -> None:
    subprocess.run([runtime.java, "-version"], stderr=subprocess.DEVNULL, check=True)


# pcscd


def _behind_pcscd(runtime: Runtime) -> Iterator[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="unicard-")))
        os.environ["PCSCLITE_CSOCK_NAME"] = str(folder / "pcscd.comm")
        pcscd = stack.enter_context(running_pcscd(folder))
        stack.enter_context(JavaCardInReader("java", blank_card(), "127.0.0.1", pcscd.ports[0]))
        java = stack.enter_context(_card_in(pcscd, 0))
        with _software_card(folder, pcscd.ports[1]), _card_in(pcscd, 1) as software:
            times = _commands(java, software, PCSC_ROUNDS, PCSC_REPEATS)
        with open_reader(f"pcsc:{pcscd.readers[1]}") as reader:
            reader.wait_for_removal(PATIENCE)
        with _stock_card(runtime, folder, pcscd.ports[1]), _card_in(pcscd, 1) as stock:
            stock_times = _commands(java, stock, STOCK_ROUNDS, STOCK_REPEATS)
    ours, software_ms = times["java"] / 1e3, times["other"] / 1e3
    yield Figure("java_card.pcsc", ours, "ms", "one command through pcscd and vpcd, median", 3)
    yield Figure("java_card.pcsc_software", software_ms, "ms", "the software card, median")
    yield Figure("java_card.pcsc_over_software", ours / software_ms, "", "the software card")
    words = "jCardSim's own client of vpcd, median"
    yield Figure("java_card.pcsc_stock", stock_times["other"] / 1e3, "ms", words)
    faster = stock_times["other"] / stock_times["java"]
    yield Figure("java_card.pcsc_faster", faster, "times", "jCardSim's own client of vpcd")


def _commands(java: Reader, other: Reader, rounds: int, repeats: int) -> dict[str, float]:
    actions: dict[str, Callable[[], object]] = {
        "java": partial(java.transmit, NOTHING),
        "other": partial(other.transmit, NOTHING),
    }
    return _timed(actions, rounds, repeats)


@contextmanager
def _card_in(pcscd: Pcscd, place: int) -> Iterator[Reader]:
    if not wait_until(lambda: holds_card(pcscd.readers[place])):
        raise TimeoutError(f"no card in {pcscd.readers[place]}:\n{pcscd.log.read_text()}")
    with open_reader(f"pcsc:{pcscd.readers[place]}") as reader:
        reader.wait_for_card(PATIENCE)
        yield reader


@contextmanager
def _software_card(folder: Path, port: int) -> Iterator[None]:
    unicard = [sys.executable, "-m", "cli", "sim"]
    silent = subprocess.DEVNULL
    subprocess.run([*unicard, "new", "--dir", str(folder)], stdout=silent, check=True)
    words = ["serve", str(folder / "blank-0001.json"), "--port", str(port)]
    with _ended(subprocess.Popen([*unicard, *words], stdout=silent, stderr=silent)):
        yield


@contextmanager
def _stock_card(runtime: Runtime, folder: Path, port: int) -> Iterator[None]:
    (jar,) = (path for path in runtime.class_path if path.name.startswith("jcardsim-"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        unused = free.getsockname()[1]
    settings = folder / "stock.cfg"
    settings.write_text(STOCK_SETTINGS.format(port=port, unused=unused))
    silent = subprocess.DEVNULL
    command = [str(runtime.java), "-cp", str(jar), STOCK_CARD, str(settings)]
    with _ended(subprocess.Popen(command, stdout=silent, stderr=silent)):
        yield


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)
