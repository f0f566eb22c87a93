"""What command lines share: results for people and for programs, progress, secrets, common options.

Only the rooms' ``commands.py`` and ``cli.py`` import this package; it imports ``applet_spec`` only.
Rich is loaded when something is drawn, not when a command line starts.
"""

from unicard_console.hexadecimal import CHIP_SERIAL, Hex
from unicard_console.options import (
    JSON_WANTED,
    SecretSource,
    output_options,
    passphrase_option,
    reader_option,
    secret_option,
    store_option,
)
from unicard_console.output import Output
from unicard_console.planning import PLAN_TO_FOLLOW, Planning, draw_plan, is_planned, plan_options
from unicard_console.progress import Progress

__all__ = [
    "CHIP_SERIAL",
    "JSON_WANTED",
    "PLAN_TO_FOLLOW",
    "Hex",
    "Output",
    "Planning",
    "Progress",
    "SecretSource",
    "draw_plan",
    "is_planned",
    "output_options",
    "passphrase_option",
    "plan_options",
    "reader_option",
    "secret_option",
    "store_option",
]
