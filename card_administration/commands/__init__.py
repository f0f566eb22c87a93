"""The command line of card administration: `unicard admin …`.

``group`` has what the commands share, ``contents`` and ``life`` have the commands. Like any room's
command line it may import unicard_console, and nothing outside imports it but `cli.py`.
"""

from card_administration.commands import contents, life
from card_administration.commands.group import admin

__all__ = ["admin", "contents", "life"]
