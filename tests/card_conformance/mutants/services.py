"""Services and receipt keys after issuance, and what roles may write."""

from collections.abc import Callable
from dataclasses import replace

from applet_spec import Dgi
from card_simulator import dispatch
from card_simulator.apdu import SW, Command, StatusError
from card_simulator.application import personalization, service_record, services
from card_simulator.application.account import NOTHING_SPENT, Account
from card_simulator.application.life_cycle import LifeCycle
from card_simulator.application.objects import Objects
from card_simulator.application.personalization import Personalization
from card_simulator.application.receipt_keys import ReceiptKeys
from card_simulator.application.service_record import header_layout, kind_layout, kind_of
from card_simulator.application.services import Services
from tests.card_conformance.mutants.base import Patch, Patcher, Rows, nothing, replaced

_merged = Services.merged
_set_status = Services.set_status


def _kept(kind: str, *names: str) -> Patch:
    """Return a patch under which only these fields of a kind stay on the card."""
    return replaced(services, "KEPT", services.KEPT | {kind: names})


def _counters_fall(self: Services, tag: int, record: bytes) -> bytes:
    """Forget what a purse has counted when its settings change."""
    place = self._places.get(tag)
    if place and self.record(place):
        held = self.accounts([place])[place]
        self.write({place: Account(held.record, NOTHING_SPENT)}, forget_debits=False)
    return _merged(self, tag, record)


def _settings_stay(self: Services, tag: int, record: bytes) -> bytes:
    """Keep the record that is there."""
    found = _merged(self, tag, record)
    return self.record(self._places[tag]) or found if tag in self._places else found


def _no_new_ones(self: Services, tag: int, record: bytes) -> bytes:
    place = self._places.get(tag)
    if place and self._state.name != "BLANK" and not self.record(place):
        raise StatusError(SW.WRONG_DATA)
    return _merged(self, tag, record)


def _blank_only(patch: Patcher) -> None:
    """Take service records on blank cards only."""
    original = Personalization._check_header

    def check(self: Personalization, batch: personalization._Batch, tag: int, length: int) -> None:
        if tag >> 4 == 0x40 and self._state.name != "BLANK":
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        original(self, batch, tag, length)

    patch.setattr(Personalization, "_check_header", check)


def _status_with(change: Callable[[Services, int], None]) -> Patch:
    """Return a patch that does something more when a service is disabled or enabled."""

    def set_status(self: Services, command: Command) -> None:
        _set_status(self, command)
        change(self, command.p2)

    return replaced(Services, "set_status", set_status)


def _emptied(self: Services, place: int) -> None:
    record = self.record(place)
    if kind_of(record) == "quota":
        record = kind_layout("quota").with_number(record, "balance", 0)
    if kind_of(record) == "purse":
        record = kind_layout("purse").with_number(record, "balance", 0)
    self._cells.write(self._cell[place], record)


def _removed(self: Services, place: int) -> None:
    self._cells.erase(self._cell[place])


def _disables_all(self: Services, place: int) -> None:
    flags = header_layout().number(self.record(place), "flags")
    for other in self._cell:
        if record := self.record(other):
            self._cells.write(
                self._cell[other], header_layout().with_number(record, "flags", flags)
            )


def _enables_only(self: Services, command: Command) -> None:
    """Take every SET STATUS of a service for the one that enables it."""
    _set_status(self, replace(command, p1=services.ENABLE))


def _any_place(self: Services, command: Command) -> None:
    if self.record(command.p2):
        _set_status(self, command)


def _session_goes_on(patch: Patcher) -> None:
    original = LifeCycle.set_status

    def set_status(self: LifeCycle, command: Command) -> object:
        answer = original(self, command)
        if command.p1 != 0x40:
            self._state.channel.keep_open()
        return answer

    patch.setattr(LifeCycle, "set_status", set_status)


def _switch_but_first(patch: Patcher) -> None:
    original = ReceiptKeys.switch

    def switch(self: ReceiptKeys, staged: bytes) -> None:
        if not self.stored:
            original(self, staged)

    patch.setattr(ReceiptKeys, "switch", switch)


def _new_version_old_key(patch: Patcher) -> None:
    original = ReceiptKeys.stage

    def stage(self: ReceiptKeys, secret: bytes) -> bytes:
        held = self._current()
        return original(self, secret[:1] + (held or secret)[1:])

    patch.setattr(ReceiptKeys, "stage", stage)


def _old_version_new_key(patch: Patcher) -> None:
    original = ReceiptKeys.stage

    def stage(self: ReceiptKeys, secret: bytes) -> bytes:
        held = self._current()
        return original(self, (held or secret)[:1] + secret[1:])

    patch.setattr(ReceiptKeys, "stage", stage)


def _receipt_keys_unchecked(patch: Patcher) -> None:
    original = Personalization._secret

    def secret(self: Personalization, dgi: Dgi, content: bytes) -> bytes:
        if dgi.tag != self._receipt_key:
            return original(self, dgi, content)
        return self._state.channel.decrypt_data(content)[: dgi.secret_length]

    patch.setattr(Personalization, "_secret", secret)


def _roles_write(name: str) -> Patch:
    """Return a patch under which every role may write what the issuer or LOAD may."""
    original = Objects._met

    def met(self: Objects, condition: str) -> bool:
        if condition == name:
            return self._state.channel.session is not None
        return original(self, condition)

    return replaced(Objects, "_met", met)


def _level_enough(patch: Patcher) -> None:
    """Let PUT DATA be sent in any issuer session."""
    original = dispatch._check_session

    def check(wanted: object, secret: bool, situation: dispatch.Situation) -> None:
        if getattr(wanted, "name", "") == "PUT DATA" and situation.issuer:
            return
        original(wanted, secret, situation)  # type: ignore[arg-type]

    patch.setattr(dispatch, "_check_session", check)


MUTANTS: Rows = (
    ("takes any id", "SVC-01", replaced(service_record, "is_of_place", lambda _id, _place: True)),
    ("takes ids from 0", "SVC-01", replaced(
        service_record, "is_of_place", lambda number, place: number in (0, place))),
    ("adds no services", "SVC-02", replaced(Services, "merged", _no_new_ones)),
    ("takes services in BLANK only", "SVC-02", _blank_only),
    ("takes the balance of new settings", "SVC-03", _kept("purse")),
    ("takes the quota of new settings", "SVC-03", _kept("quota", "current period", "horizon")),
    ("takes the horizon of new settings", "SVC-03", _kept("quota", "current period", "balance")),
    ("takes the period of new settings", "SVC-03", _kept("quota", "horizon", "balance")),
    ("takes the uses of new settings", "SVC-03", _kept("entitlement")),
    ("forgets counters with new settings", "SVC-03", replaced(Services, "merged", _counters_fall)),
    ("keeps the old settings", "SVC-03", replaced(Services, "merged", _settings_stay)),
    ("takes another kind", "SVC-04", replaced(services, "check_kind", nothing)),
    ("takes money from nowhere", "SVC-04", replaced(services, "check_new", nothing)),
    ("empties what it disables", "SVC-05", _status_with(_emptied)),
    ("removes what it disables", "SVC-05", _status_with(_removed)),
    ("disables everything", "SVC-05", _status_with(_disables_all)),
    ("never disables", "SVC-05", replaced(Services, "set_status", _enables_only)),
    ("does not say that it is so already", "SVC-06", replaced(services, "check_changes", nothing)),
    ("disables what is not there", "SVC-06", replaced(Services, "set_status", _any_place)),
    ("goes on after SET STATUS of a service", "SVC-05", _session_goes_on),
    ("signs with the old key", "RKY-01", _switch_but_first),
    ("signs with the old key as the new one", "RKY-01", _new_version_old_key),
    ("signs with the new key as the old one", "RKY-01", _old_version_new_key),
    ("tells no version", "RKY-01", replaced(ReceiptKeys, "version", lambda _self: b"\x00")),
    ("takes receipt keys unchecked", "RKY-02", _receipt_keys_unchecked),
    ("lets every role write as LOAD", "QUO-05", _roles_write("role:0")),
    ("lets every role write as the issuer", "PDA-02", _roles_write("issuer")),
    ("writes without C-ENC", "PDA-02", _level_enough),
)  # fmt: skip
