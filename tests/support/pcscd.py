"""A real pcscd with virtual readers, apart from the system's own.

pcscd's folder /run/pcscd is fixed when it is compiled, so it runs in a mount namespace in which
that folder is one of ours; its clients find the socket there through PCSCLITE_CSOCK_NAME. It reads
a configuration of ours as well, with a free port for the virtual reader.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
PATIENCE = 20.0
"""Seconds to wait for a daemon that normally needs a fraction of one."""

CONFIGURATION = """\
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x{port:X}
LIBPATH      {driver}
CHANNELID    0x{port:X}
"""

# $1: the folder that becomes /run/pcscd; the rest: the command. All of /run is covered, because
# the package's folder in it may be missing where no service manager made it.
INSIDE = """
mount -t tmpfs tmpfs /run && mkdir /run/pcscd && mount --bind "$1" /run/pcscd && shift && exec "$@"
"""


@dataclass(frozen=True)
class Pcscd:
    """A running pcscd: its two readers, where a virtual card connects to each, and its log."""

    readers: tuple[str, str]
    ports: tuple[int, int]
    socket: Path
    log: Path


def missing_for_pcscd() -> str:
    """Return why the fixture cannot work on this machine; empty when it can."""
    programs = [name for name in ("pcscd", "unshare") if _program(name) is None]
    if programs or not DRIVER.exists() or importlib.util.find_spec("smartcard") is None:
        return (
            "needs pcscd, vsmartcard-vpcd and pyscard; `make test` installs them or prints the "
            "apt-get line (scripts/system-packages.sh)"
        )
    if _namespace() is None:
        return "needs the right to make a mount namespace (root, sudo or user namespaces)"
    return ""


@contextmanager
def running_pcscd(folder: Path, ports: tuple[int, int] | None = None) -> Iterator[Pcscd]:
    """Run pcscd with its socket in ``folder``, whose path PCSCLITE_CSOCK_NAME must name.

    ``ports`` are those of an earlier one in its folder, which ended; free ones where not given.
    """
    namespace, program = _namespace(), _program("pcscd")
    assert namespace is not None
    assert program is not None
    ports = ports or _two_free_ports()
    configuration = folder / "readers"
    configuration.mkdir(exist_ok=True)
    (configuration / "vpcd").write_text(CONFIGURATION.format(port=ports[0], driver=DRIVER))
    daemon = (program, "--foreground", "--info", "--config", str(configuration))
    log = folder / "pcscd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*namespace, "sh", "-c", INSIDE, "pcscd", str(folder), *daemon],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        readers = _wait_for_readers(process, log)
        yield Pcscd(readers, ports, folder / "pcscd.comm", log)
    finally:
        if namespace[0] == "sudo":
            subprocess.run(("sudo", "--non-interactive", "kill", str(process.pid)), check=False)
        else:
            process.terminate()
        process.wait(PATIENCE)


def _namespace() -> tuple[str, ...] | None:
    """Return the command that runs another one in a mount namespace, or None."""
    if os.geteuid() == 0:
        candidates: tuple[tuple[str, ...], ...] = (("unshare", "--mount"),)
    else:
        candidates = (
            ("unshare", "--user", "--map-root-user", "--mount"),
            ("sudo", "--non-interactive", "unshare", "--mount"),
        )
    trial = ("sh", "-c", "mount -t tmpfs tmpfs /run")
    return next((command for command in candidates if _works(*command, *trial)), None)


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _two_free_ports() -> tuple[int, int]:
    """Return two neighbouring free ports: the driver takes the one after its own as well."""
    for port in range(35_990, 36_990, 2):
        if all(_is_free(candidate) for candidate in (port, port + 1)):
            return port, port + 1
    raise RuntimeError("no two neighbouring free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def _wait_for_readers(process: subprocess.Popen[bytes], log: Path) -> tuple[str, str]:
    names: list[str] = []

    def listed() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"pcscd ended by itself:\n{log.read_text()}")
        names[:] = _reader_names()
        return len(names) == 2

    if not wait_until(listed):
        raise RuntimeError(f"pcscd lists {names}, not two readers:\n{log.read_text()}")
    return names[0], names[1]


def _reader_names() -> list[str]:
    from smartcard.pcsc.PCSCExceptions import BaseSCardException
    from smartcard.System import readers

    try:
        return [str(reader) for reader in readers()]
    except BaseSCardException:
        return []


def holds_card(reader: str) -> bool:
    """Say whether pcscd sees a card in a reader; asks pcscd only, the card notices nothing."""
    from smartcard import scard

    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    assert result == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(result)
    try:
        state = (reader, scard.SCARD_STATE_UNAWARE)
        result, states = scard.SCardGetStatusChange(context, 0, [state])
        return result == scard.SCARD_S_SUCCESS and bool(states[0][1] & scard.SCARD_STATE_PRESENT)
    finally:
        scard.SCardReleaseContext(context)


def wait_until(happened: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Ask again and again, up to ``patience`` seconds; return whether it happened."""
    end = time.monotonic() + patience
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
