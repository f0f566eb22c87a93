"""The card's contract as data: JSON files, their schemas, the typed loader and the generators.

``data/`` holds the contract, ``schemas/`` the JSON Schemas of those files, ``formats/`` the schemas
of the files that rooms exchange. Every room may import this one; it imports none of the others.
"""

from applet_spec.errors import Changed, ExitCode, UnicardError
from applet_spec.loader import SpecError, spec
from applet_spec.model import CardProfile, CommandSpec, DataObject, Dgi, Requirement, Spec

__all__ = [
    "CardProfile",
    "Changed",
    "CommandSpec",
    "DataObject",
    "Dgi",
    "ExitCode",
    "Requirement",
    "Spec",
    "SpecError",
    "UnicardError",
    "spec",
]
