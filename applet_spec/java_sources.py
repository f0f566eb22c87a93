"""The Java sources that are written from the contract, for the cards that are written in Java.

``sources`` gives every file by its path under ``applet/``; the files are committed, and a test
fails where one is not what the contract says.
"""

from collections.abc import Callable, Mapping

from applet_spec.java_applet import application
from applet_spec.java_data import data_tables
from applet_spec.java_manager import card_manager
from applet_spec.java_transactions import transaction_layouts
from applet_spec.loader import build, read_data
from applet_spec.model import Spec
from applet_spec.sections.markdown import Read

COMMAND = "unicard spec java"
"""What writes the sources anew."""

HEADER = f"// Written by `{COMMAND}` from applet_spec/data: change those files, not this one."

Source = Callable[[Spec], str]
"""Gives the text of one source after its first comment."""

SOURCES: Mapping[str, Source] = {
    "application/src/main/java/unicard/application/Contract.java": application,
    "application/src/main/java/unicard/application/DataTables.java": data_tables,
    "application/src/main/java/unicard/application/Layouts.java": transaction_layouts,
    "manager/src/main/java/unicard/manager/Contract.java": card_manager,
}


def sources(read: Read = read_data) -> Mapping[str, str]:
    """Return the text of every source by its path under ``applet/``. Raises SpecError."""
    spec = build(read)
    return {path: f"{HEADER}\n{source(spec)}" for path, source in SOURCES.items()}
