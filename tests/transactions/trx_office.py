"""What the issuer changes on a card in use; the power fails then too."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from tests.support.any_card import PowerLost
from tests.support.service_records import (
    DAY,
    LARGEST,
    MONTH,
    PURSE,
    QUOTA,
    SERVICES,
    TODAY,
    day_number,
    month_number,
)
from tests.support.stages import session
from tests.support.terminal import Terminal, dgi, receipt_key_dgi
from tests.support.transactions import REVERSE
from tests.transactions.trx_issuer import Account, Issuer, Ledger, account, read_operations
from tests.transactions.trx_line import Line
from tests.transactions.trx_terminal import shown_number

LAST_DAY = date(2030, 12, 30)
CUT = 0.25
SUSPENDED, RESUMED = 0x3F, 0x1F


class Office:
    """Works on one card in sessions of the issuer, and keeps its record of it.

    ``records`` are the service records as they were written last, ``accounts`` what was on the card
    when it was looked at last, ``day`` is today.
    """

    def __init__(self, line: Line, chance: random.Random, counts: Counter[str]) -> None:
        self.line, self.chance, self.counts = line, chance, counts
        self.records = dict(SERVICES)
        self.accounts = {place: account(record) for place, record in SERVICES.items()}
        self.issuer = Issuer((Ledger(dict(self.accounts)),))
        self.day = TODAY
        self.suspended = False

    def works(self) -> str:
        """Change something, and return what."""
        works = self._works()
        (work,) = self.chance.choices(list(works), list(works.values()))
        return work()

    def _works(self) -> dict[Callable[[], str], int]:
        works = {
            self._next_day: 15,
            self._set_period: 40,
            self._set_service: 15,
            self._switch_service: 12,
            self._new_receipt_key: 6,
        }
        return works if self.suspended else {**works, self._suspend: 12}

    def session(self) -> Terminal:
        """Return a terminal in a session of the issuer."""
        host = Terminal(self.line.card.transmit)
        session(host)
        return host

    def resume(self) -> str:
        """Resume a suspended card."""
        assert self.session().sw(0x80, 0xF0, 0x40, RESUMED) == 0x9000
        self.suspended = False
        return "resume"

    def look(self) -> None:
        """Read every service record, and compare it with what its receipts make of it."""
        host = self.session()
        self.accounts = {place: account(_read(host, place)) for place in self.records}
        self.issuer.check(self.accounts)

    def hears(self, receipt: bytes) -> None:
        """Note the balances that a receipt shows, as terminals see them."""
        for place, (code, service, _) in enumerate(read_operations(receipt[32:56])):
            if code != REVERSE:
                shown = int.from_bytes(receipt[56 + 4 * place : 60 + 4 * place], "big")
                self.accounts[service] = replace(self.accounts[service], balance=shown)

    # Inside

    def _next_day(self) -> str:
        self.day = min(self.day + timedelta(days=1), LAST_DAY)
        return "period roll"

    def _suspend(self) -> str:
        assert self.session().sw(0x80, 0xF0, 0x40, SUSPENDED) == 0x9000
        self.suspended = True
        return "suspend"

    def _switch_service(self) -> str:
        """Disable a service; or enable one, where one is not."""
        off = [place for place, record in self.records.items() if not record[2] & 0x80]
        place = self.chance.choice(off * 4 or list(self.records))
        record = self.records[place]
        on = record[2] & 0x80
        assert self.session().sw(0x80, 0xF0, 0x21 if on else 0x20, place) == 0x9000
        self.records[place] = record[:2] + bytes([record[2] ^ 0x80]) + record[3:]
        return "switch service"

    def _new_receipt_key(self) -> str:
        version = max(self.issuer.keys) % 0xFF + 1
        self.issuer.keys[version] = key = self.chance.randbytes(16)
        host = self.session()
        data = receipt_key_dgi(host, version, key)
        self._perhaps_cut(lambda: host.store(data)[-1])
        return "new receipt key"

    def _set_period(self) -> str:
        """Raise a quota's horizon, sometimes set its period back: where it is ahead, to today's."""
        quotas = [place for place, one in self.accounts.items() if one.kind == QUOTA]
        ahead = [one for one in quotas if self.accounts[one].period > self._today(one)]
        place = self.chance.choice(ahead or quotas)
        before, today = account(_read(self.session(), place)).period, self._today(place)
        wanted = today if before > today else max(0, before - self.chance.choice((0, 0, 0, 1, 3)))
        horizon = max(wanted, today) + self.chance.randint(3, 90)
        value = wanted.to_bytes(2, "big") + horizon.to_bytes(2, "big")
        host = self.session()
        self._perhaps_cut(lambda: host.sw(0, 0xDA, 0xDF, 0x60 + place - 1, value))
        shown = account(_read(self.session(), place)).period
        assert shown in (before, wanted)
        self.issuer.changed(shown_number(self.line), place, shown)
        return "set period"

    def _today(self, place: int) -> int:
        """Return the number of today's period of a quota."""
        number = {DAY: day_number, MONTH: month_number}.get(self.accounts[place].periods)
        return number(self.day) if number else 0

    def _set_service(self) -> str:
        """Give a service other settings: its balance stays."""
        place = self.chance.choice(list(self.records))
        wanted = self._other_settings(self.records[place])
        host = self.session()
        self._perhaps_cut(lambda: host.store(dgi(0x0400 + place - 1, wanted))[-1])
        found = _read(self.session(), place)
        shown = _settings(account(found))
        assert shown in (_settings(account(wanted)), _settings(account(self.records[place])))
        self.records[place] = found
        self.issuer.changed(shown_number(self.line), place, account(found))
        return "set service"

    def _other_settings(self, record: bytes) -> bytes:
        head, body = record[:20], record[20:]

        def one_of(*amounts: int) -> bytes:
            return self.chance.choice(amounts).to_bytes(4, "big")

        if record[1] == QUOTA:
            allowance, carry_over = one_of(0, 1, 20, 1_000_000), one_of(0, 4, 100, LARGEST)
            return head + allowance + body[4:5] + carry_over + one_of(5, 70, LARGEST) + body[13:]
        if record[1] == PURSE:
            limits = one_of(12, 1_000_000, LARGEST) + one_of(0, 20_000, LARGEST)
            return head + body[:2] + limits + one_of(7, 500_000, LARGEST) + body[14:]
        last = self.day + timedelta(days=self.chance.randint(0, 40))
        return head + body[:4] + bytes.fromhex(f"{last:%Y%m%d}") + body[8:]

    def _perhaps_cut(self, act: Callable[[], int]) -> None:
        """Change something, and cut the power meanwhile, sometimes."""
        if self.chance.random() < CUT:
            self.line.card.cut_power_at(self.chance.randint(1, 12))
        try:
            assert act() == 0x9000
            self.line.card.keep_power()
        except PowerLost:
            self.line.card.reset()
            self.counts["issuer's changes that were cut"] += 1


def _read(host: Terminal, place: int) -> bytes:
    record, word = host.send(0, 0xCA, 0xDF, 0x30 + place - 1)
    assert word == 0x9000, f"{word:04X}"
    return record


def _settings(one: Account) -> tuple[int, int]:
    return one.allowance, one.carry_over
