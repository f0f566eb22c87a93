"""The command lines of card administration: `unicard admin …`, and of `unicard card …` its share.

``group`` has what the commands of `admin` share, ``contents`` and ``life`` have the commands;
``card`` has what those of `card` share, ``terminal``, ``receipts``,
``showing`` and ``issuer`` have them. Like
any room's command line it may import unicard_console, and nothing outside imports it but `cli.py`.
"""

from card_administration.commands import contents, issuer, life, receipts, showing, terminal
from card_administration.commands.card import card
from card_administration.commands.group import admin

__all__ = ["admin", "card", "contents", "issuer", "life", "receipts", "showing", "terminal"]
