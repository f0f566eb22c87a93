"""`applet_spec.check` finds every kind of fault, shown on copies of the contract with one fault."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from applet_spec.check import (
    DATA_FILES,
    FILE_CHECKS,
    SPEC_CHECKS,
    Finding,
    check,
    format_names,
    read_format,
)
from applet_spec.loader import read_data

Json = dict[str, Any]
ORIGINAL: dict[str, Json] = {name: read_data(name) for name in DATA_FILES}


class Contract(dict[str, Json]):
    """A copy of the contract's files that a test may spoil."""

    def named(self, file: str, table: str, name: str) -> Json:
        """Return the entry of a table by its name, label, id or status word."""
        keys = ("name", "label", "id", "sw")
        return next(e for e in self[file][table] if name in [e.get(key) for key in keys])

    def command(self, name: str, file: str = "commands") -> Json:
        return self.named(file, "commands", name)

    def word(self, command: str, sw: str) -> Json:
        return next(w for w in self.command(command)["status"] if w["sw"] == sw)


def findings_of(contract: Contract, **options: Any) -> list[Finding]:
    return check(contract.__getitem__, **options)


@pytest.fixture
def contract() -> Contract:
    return Contract(copy.deepcopy(ORIGINAL))


def test_the_contract_holds_together() -> None:
    assert [str(finding) for finding in check()] == []


# Each fault: the rule that must find it, what is spoiled, and words of the finding.
Spoil = Callable[[Contract], object]
FAULTS: list[tuple[str, Spoil, str]] = [
    (
        "names_are_unique",
        lambda c: c["commands"]["commands"].append(copy.deepcopy(c.command("VERIFY"))),
        "The name 'VERIFY' is given to more than one command.",
    ),
    (
        "commands_are_told_apart",
        lambda c: c.command("GET DATA").update(ins="CB"),
        "The CLA INS '00 CB' is given to more than one command.",
    ),
    (
        "commands_are_told_apart",
        lambda c: c.command("SELECT", "card_manager").update(ins="CA", cla="80"),
        "The CLA INS '80 CA' is given to more than one command.",
    ),
    (
        "names_are_unique",
        lambda c: c.word("VERIFY", "6983").update(sw="6985"),
        "The sw '6985' is given to more than one status word of VERIFY.",
    ),
    (
        "names_are_unique",
        lambda c: c.command("VERIFY")["variants"][0].update(name="compare"),
        "The name 'compare' is given to more than one variant of VERIFY.",
    ),
    (
        "names_are_unique",
        lambda c: c.named("objects", "objects", "batch id").update(tag="DF3F"),
        "The tag 'DF3F' is given to more than one object.",
    ),
    (
        "names_are_unique",
        lambda c: c.named("dgis", "dgis", "validity").update(tag="040F"),
        "The tag '040F' is given to more than one DGI.",
    ),
    (
        "names_are_unique",
        lambda c: c.named("services", "profile", "bread").update(id=1),
        "The id '1' is given to more than one service.",
    ),
    (
        "names_are_unique",
        lambda c: c.named("services", "profile", "bread").update(label="wallet"),
        "The label 'wallet' is given to more than one service.",
    ),
    (
        "names_are_unique",
        lambda c: c.named("lifecycle", "states", "ACTIVE").update(code="07"),
        "The code '07' is given to more than one state.",
    ),
    (
        "names_are_unique",
        lambda c: c.named("requirements", "requirements", "PIN-01").update(id="PIN-02"),
        "The id 'PIN-02' is given to more than one requirement.",
    ),
    (
        "names_are_unique",
        lambda c: c.named("objects", "objects", "cardholder data")["fields"][0].update(tag="DF41"),
        "The tag 'DF41' is given to more than one field of cardholder data.",
    ),
    (
        "targets_fit_files",
        lambda c: c["commands"].update(target="card manager"),
        "These are commands of the application.",
    ),
    (
        "status_words_are_named",
        lambda c: c["status_words"]["names"].pop("6983"),
        "Status word 6983 has no name",
    ),
    (
        "commands_can_succeed",
        lambda c: c.command("VERIFY")["status"].remove(c.word("VERIFY", "9000")),
        "The command has no status word 9000.",
    ),
    (
        "states_exist",
        lambda c: c.command("VERIFY").update(states=["ACTIVE", "ASLEEP"]),
        "The life cycle has no state ASLEEP.",
    ),
    (
        "states_exist",
        lambda c: c.command("SET STATUS")["variants"][0].update(states=["ASLEEP"]),
        "The life cycle has no state ASLEEP.",
    ),
    (
        "states_exist",
        lambda c: c.named("dgis", "dgis", "anchor").update(states=["ASLEEP"]),
        "The life cycle has no state ASLEEP.",
    ),
    (
        "orders_begin_alike",
        lambda c: c["card_manager"]["order_of_checks"].insert(0, "CLA of the chip"),
        "The order differs from the application's before the data is looked at.",
    ),
    (
        "requirements_exist",
        lambda c: c.word("VERIFY", "9000").update(requirement="PIN-99"),
        "names requirement PIN-99, which does not exist",
    ),
    (
        "requirements_exist",
        lambda c: c["status_words"]["rmac"].update(requirement="SM-99"),
        "names requirement SM-99, which does not exist",
    ),
    (
        "requirements_exist",
        lambda c: c["status_words"]["common"][0].update(requirement="GEN-99"),
        "names requirement GEN-99, which does not exist",
    ),
    (
        "requirements_exist",
        lambda c: c.command("PUT KEY", "card_manager")["status"][0].update(requirement="FIN-01"),
        "is no draft, but its requirement FIN-01 is",
    ),
    (
        "requirements_have_a_place",
        lambda c: c.named("requirements", "requirements", "PIN-05").pop("applies_to"),
        "No status word names the requirement, and it has no applies_to.",
    ),
    (
        "requirements_apply_to_commands",
        lambda c: c.named("requirements", "requirements", "PIN-05").update(applies_to=["VERIFI"]),
        "The requirement applies to VERIFI, which is no command.",
    ),
    (
        "variants_keep_to_their_command",
        lambda c: c.command("SET STATUS")["variants"][0].update(states=["BLANK"]),
        "The variant works in BLANK, but SET STATUS does not.",
    ),
    (
        "variants_differ",
        lambda c: c.command("STORE DATA")["variants"][0].update(p1="88"),
        "The variants 'more blocks' and 'last block' cannot be told apart.",
    ),
    (
        "tags_take_both_parameters",
        lambda c: c.command("GET DATA")["variants"][0].update(p2="00"),
        "A tag takes P1 and P2, not one of them.",
    ),
    (
        "data_fits_a_short_command",
        lambda c: c.command("STORE DATA")["variants"][0]["data"][0].update(length="1-256"),
        "The data can be 256 bytes long, but a command carries 255.",
    ),
    (
        "answers_fit_a_session",
        lambda c: c.command("GET DATA")["variants"][0]["response"][0].update(length="1-240"),
        "The answer can be 240 bytes long, too long for one response in a session.",
    ),
    (
        "session_fields_are_as_long_as_the_mac",
        lambda c: c.command("EXTERNAL AUTHENTICATE")["variants"][0]["data"][1].update(length="16"),
        "The C-MAC is 16 bytes long, the MAC 8.",
    ),
    (
        "tags_are_ber",
        lambda c: c.named("objects", "objects", "batch id").update(tag="DF10"),
        "DF10 is no BER-TLV tag",
    ),
    (
        "tags_are_ber",
        lambda c: c.named("objects", "objects", "card number").update(tag="5F"),
        "5F is no BER-TLV tag",
    ),
    (
        "tags_are_ber",
        lambda c: c.named("objects", "objects", "card number").update(tag="7A"),
        "Tag 7A is constructed, which does not fit bcd.",
    ),
    (
        "conditions_exist",
        lambda c: c.named("objects", "objects", "validity").update(read=["everyone"]),
        "There is no access condition 'everyone'.",
    ),
    (
        "conditions_exist",
        lambda c: c.named("objects", "objects", "validity").update(write=["never", "issuer"]),
        "A rule with 'never' allows nothing else.",
    ),
    (
        "conditions_name_roles",
        lambda c: c["objects"]["conditions"].update({"role:9": "in a session of role 9"}),
        "'role:9' names no role of roles.json.",
    ),
    (
        "template_fields_fit",
        lambda c: c.named("objects", "objects", "cardholder data")["fields"][0].update(
            length="1-220"
        ),
        "The fields can be 254 bytes long, the template only 240.",
    ),
    (
        "template_fields_fit",
        lambda c: c.named("objects", "objects", "batch id").update(
            fields=[{"tag": "DF60", "name": "part", "format": "bytes", "length": "1"}]
        ),
        "Only a template has fields.",
    ),
    (
        "long_objects_say_so",
        lambda c: c.named("objects", "objects", "cardholder data").pop("long"),
        "The object can be longer than 224 bytes and is not marked as long.",
    ),
    (
        "computed_objects_are_only_read",
        lambda c: c.named("objects", "objects", "role key sets").update(write=["issuer"]),
        "The card computes the object: nobody writes it.",
    ),
    (
        "computed_objects_are_only_read",
        lambda c: c.named("objects", "objects", "role key sets").update(long=True),
        "An object that the card computes is read at once.",
    ),
    (
        "objects_can_be_filled",
        lambda c: c.named("objects", "objects", "validity").update(computed=True),
        "The card computes the object, and a DGI fills it.",
    ),
    (
        "objects_can_be_filled",
        lambda c: c.named("objects", "objects", "role key sets").pop("computed"),
        "No DGI gives the object a value.",
    ),
    (
        "objects_can_be_filled",
        lambda c: c["dgis"]["dgis"].remove(c.named("dgis", "dgis", "card certificate")),
        "No DGI gives the object a value.",
    ),
    (
        "dgis_fill_objects",
        lambda c: c.named("dgis", "dgis", "validity")["fields"][0].update(object="DF7F"),
        "The DGI fills object DF7F, which does not exist.",
    ),
    (
        "dgis_fill_objects",
        lambda c: c.named("dgis", "dgis", "anchor")["fields"][0].update(length=7),
        "7 bytes are no length of object card number.",
    ),
    (
        "dgis_fill_objects",
        lambda c: c.named("dgis", "dgis", "anchor")["fields"][0].pop("length"),
        "A field without length must be the only one.",
    ),
    (
        "dgis_fill_objects",
        lambda c: c.named("dgis", "dgis", "cardholder").update(length="1-255"),
        "The DGI takes 1-255 bytes, its object cardholder data 1-240.",
    ),
    (
        "dgi_lengths_add_up",
        lambda c: c.named("dgis", "dgis", "anchor").update(length="25"),
        "The fields are 24 bytes long together, the DGI 25.",
    ),
    (
        "secret_lengths_add_up",
        lambda c: c.named("dgis", "dgis", "transport PIN").update(length="24"),
        "The encrypted secret is 16 bytes long, the DGI 24.",
    ),
    (
        "secret_lengths_add_up",
        lambda c: c["card"]["secret_check"].update(length=8),
        "The encrypted secret is 32 bytes long, the DGI 16.",
    ),
    (
        "mandatory_dgis_fit_a_blank_card",
        lambda c: c.named("dgis", "dgis", "anchor").update(states=["ACTIVE"]),
        "The DGI is mandatory, but not allowed in BLANK.",
    ),
    (
        "mandatory_dgis_fit_a_blank_card",
        lambda c: c.named("dgis", "dgis", "anchor").update(draft=True),
        "A draft cannot be mandatory.",
    ),
    (
        "records_fit_their_dgi",
        lambda c: c.named("services", "kinds", "purse")["fields"][0].update(length=3),
        "A record is 40-65 bytes long, its DGI 32-64.",
    ),
    (
        "table_has_a_place_for_each_service",
        lambda c: c["card"]["limits"].update(services=8),
        "objects.json has 16 service records, the table 8.",
    ),
    (
        "services_use_what_exists",
        lambda c: c["services"]["kinds"].remove(c.named("services", "kinds", "quota")),
        "There is no kind 'quota'.",
    ),
    (
        "services_use_what_exists",
        lambda c: c.named("services", "profile", "health").update(verification="iris"),
        "There is no verification rule 'iris'.",
    ),
    (
        "services_use_what_exists",
        lambda c: c.named("services", "profile", "health").update(credit_roles=[12]),
        "There is no role 12.",
    ),
    (
        "labels_fit_the_header",
        lambda c: c.named("services", "profile", "health").update(label="تأمين صحي شامل"),
        "The label is longer than its 12 bytes in a record.",
    ),
    (
        "role_limits_fit_the_debit_roles",
        lambda c: c.named("services", "profile", "wallet")["role_limits"].pop("3"),
        "Role 3 may debit it without a limit.",
    ),
    (
        "role_limits_fit_the_debit_roles",
        lambda c: c.named("services", "profile", "wallet")["role_limits"].update({"6": 1}),
        "Role 6 has a limit, but may not debit it.",
    ),
    (
        "role_limits_fit_the_debit_roles",
        lambda c: c["card"]["limits"].update(role_limits=4),
        "A record holds 4 role limits at most.",
    ),
    (
        "enrolment_gives_the_values",
        lambda c: c.named("services", "profile", "bread").update(enrolment_field="loaves"),
        "An enrolment record has no number called 'loaves'.",
    ),
    (
        "enrolment_gives_the_values",
        lambda c: c.named("services", "profile", "bread").update(enrolment_field="mobile"),
        "An enrolment record has no number called 'mobile'.",
    ),
    (
        "enrolment_gives_the_values",
        lambda c: c.named("services", "delegate_profile", "bread").update(enrolment_field="mobile"),
        "An enrolment record has no number called 'mobile'.",
    ),
    (
        "table_has_a_place_for_each_service",
        lambda c: c["card"]["limits"].update(services=3),
        "Its id is its place, and the table has 3.",
    ),
    (
        "delegates_have_no_more_than_holders",
        lambda c: c.named("services", "delegate_profile", "ration").update(label="fuel"),
        "A delegate has it, and no holder does.",
    ),
    (
        "delegates_have_no_more_than_holders",
        lambda c: c.named("services", "delegate_profile", "wallet").update(id=3),
        "A delegate's id goes beyond a holder's.",
    ),
    (
        "delegates_have_no_more_than_holders",
        lambda c: c.named("services", "delegate_profile", "wallet").update(ceiling=1000001),
        "A delegate's ceiling goes beyond a holder's.",
    ),
    (
        "delegates_have_no_more_than_holders",
        lambda c: c.named("services", "delegate_profile", "wallet")["role_limits"].update(
            {"4": 5001}
        ),
        "A delegate's role_limits goes beyond a holder's.",
    ),
    (
        "delegates_have_no_more_than_holders",
        lambda c: c.named("services", "delegate_profile", "bread").update(verification="pin"),
        "A delegate's verification goes beyond a holder's.",
    ),
    (
        "key_ranges_are_apart",
        lambda c: c.named("keys", "key_sets", "issuer").update(last="50"),
        "The range overlaps with 'role slot A'.",
    ),
    (
        "key_ranges_are_apart",
        lambda c: c.named("keys", "key_sets", "issuer").update(first="3F", last="30"),
        "The range's first version comes after its last.",
    ),
    (
        "role_slots_hold_the_roles",
        lambda c: c.named("keys", "key_sets", "role slot B").update(first="61"),
        "The slot is not 16 versions, x0 to xF.",
    ),
    (
        "role_slots_hold_the_roles",
        lambda c: c.named("objects", "objects", "role key sets").update(length="2-32"),
        "The object does not list from one to all role key sets",
    ),
    (
        "vectors_recompute",
        lambda c: c.named("keys", "derivations", "KDF3")["vectors"][0].update(purpose="MAC"),
        "does not recompute.",
    ),
    (
        "vectors_recompute",
        lambda c: c.named("keys", "derivations", "UC1")["vectors"][0].update(
            input="0104010102030405060709"
        ),
        "does not recompute.",
    ),
    (
        "vectors_recompute",
        lambda c: c.named("keys", "derivations", "UC1").update(name="UC2"),
        "does not know how to recompute",
    ),
    (
        "secured_commands_fit",
        lambda c: c["card"]["limits"].update(secured_data=240),
        "In a session a command carries 239 bytes",
    ),
    (
        "object_parts_fit",
        lambda c: c["card"]["limits"].update(object_part=233),
        "In a session a part makes 264 bytes",
    ),
    (
        "pin_lengths_fit_the_block",
        lambda c: c["card"]["limits"].update(pin_digits_min=9),
        "PINs of 9 to 8 digits do not fit a PIN block.",
    ),
    (
        "finger_templates_fit",
        lambda c: c["card"]["limits"].update(fingers=3),
        "objects.json has 2 finger templates.",
    ),
    (
        "finger_templates_fit",
        lambda c: c["card"]["limits"].update(finger_minutiae=61),
        "61 minutiae take 184 bytes in finger template 1.",
    ),
    (
        "proof_message_has_the_domain_tag",
        lambda c: c["card"]["authentication"].update(domain_tag="554331"),
        "The message must begin with the domain tag of 3 bytes.",
    ),
    (
        "channel_offers_its_levels",
        lambda c: c["card"]["secure_channel"].update(i="61"),
        "i = 61 does not announce MACs of 8 bytes.",
    ),
    (
        "channel_offers_its_levels",
        lambda c: c["card"]["secure_channel"].update(i="20"),
        "i = 20 does not announce what level 33 needs.",
    ),
    (
        "channel_offers_its_levels",
        lambda c: c["card"]["secure_channel"].update(issuer_levels=["01", "33"]),
        "Level 03 is not among the levels that the card offers.",
    ),
    (
        "aids_share_their_owner",
        lambda c: c["card"]["aids"].update(module="A000000151000001"),
        "The AID has another RID than the package.",
    ),
    (
        "card_numbers_differ",
        lambda c: c["card"]["card_number"].update(digits=8, prefix="9818011"),
        "The prefix leaves no digits that tell cards apart.",
    ),
    (
        "commands_are_told_apart",
        lambda c: c.command("DELETE", "card_manager").update(begins_with=["D2"]),
        "The CLA INS '80 E4' is given to more than one command.",
    ),
    (
        "names_are_unique",
        lambda c: c.named("card_profiles", "profiles", "jcop4").update(name="yubikey-5"),
        "The name 'yubikey-5' is given to more than one profile.",
    ),
    (
        "names_are_unique",
        lambda c: c.named("lifecycle", "card_states", "SECURED").update(code="07"),
        "The code '07' is given to more than one card state.",
    ),
    (
        "names_are_unique",
        lambda c: c["card"]["secure_channel"]["i_bits"][1].update(bit="01"),
        "The bit '01' is given to more than one bit of i.",
    ),
    (
        "states_exist",
        lambda c: c.command("LOAD", "card_manager").update(states=["BLANK"]),
        "The life cycle has no state BLANK.",
    ),
    (
        "hosts_wait_longer_than_cards_take",
        lambda c: c.command("VERIFY").update(timeout=1, typical=1000),
        "It usually takes 1000 ms, and a host waits 1 s.",
    ),
    (
        "session_fields_are_as_long_as_the_mac",
        lambda c: c.command("INITIALIZE UPDATE")["variants"][1]["response"][4].update(length="8"),
        "The card challenge is 8 bytes long, the MAC 16.",
    ),
    (
        "card_states_exist",
        lambda c: c.named("lifecycle", "card_states", "SECURED").update(next=["LOCKED"]),
        "The card has no state LOCKED.",
    ),
    (
        "card_states_are_reached",
        lambda c: c.named("lifecycle", "card_states", "SECURED").update(next=["TERMINATED"]),
        "No state leads to this one.",
    ),
    (
        "states_leave_the_lock_bit",
        lambda c: c.named("lifecycle", "content_states", "SELECTABLE").update(code="87"),
        "The code has the bit that tells of a lock.",
    ),
    (
        "profile_levels_fit_i",
        lambda c: c.named("card_profiles", "profiles", "jcop4").update(i="10"),
        "i = 10 does not announce level 33.",
    ),
    (
        "profile_levels_fit_i",
        lambda c: c.named("card_profiles", "profiles", "jcop4").update(i="40", levels=["01"]),
        "SCP03 has no i = 40.",
    ),
    (
        "profile_levels_fit_i",
        lambda c: c.named("card_profiles", "profiles", "unicard-s16").update(levels=["33"]),
        "A software card offers all levels that i = 61 announces.",
    ),
    (
        "profiles_derive_their_keys",
        lambda c: c.named("card_profiles", "profiles", "jcop4").update(derivation="KDF4"),
        "No card derives its keys by KDF4.",
    ),
    (
        "profiles_derive_their_keys",
        lambda c: c.named("card_profiles", "profiles", "jcop4").update(derivation="UC1"),
        "No card derives its keys by UC1.",
    ),
    (
        "profiles_derive_their_keys",
        lambda c: c.named("card_profiles", "profiles", "id-one-cosmo-v8").update(derivation="EMV"),
        "EMV makes keys of 16 bytes.",
    ),
    (
        "quirks_exist",
        lambda c: c.named("card_profiles", "profiles", "jcop4").update(quirks=["no-such"]),
        "There is no quirk 'no-such'.",
    ),
    (
        "quirks_exist",
        lambda c: c.named("card_profiles", "profiles", "yubikey-5").update(quirks=[]),
        "No card has this quirk.",
    ),
    (
        "profiles_are_told_apart",
        lambda c: c.named("card_profiles", "profiles", "jcop4").update(
            recognise=[{"fabricator": "4790", "ic_type": "6A15", "os_id": "8231"}]
        ),
        "It is recognised by the same rule as id-one-cosmo-v8.",
    ),
    (
        "profiles_are_told_apart",
        lambda c: c["card_profiles"]["profiles"].reverse(),
        "The last profile, and no other, fits every card.",
    ),
    (
        "software_profiles_fit_the_card",
        lambda c: c.named("card_profiles", "profiles", "unicard-s16").update(extended=True),
        "The software card takes short commands only.",
    ),
    (
        "software_profiles_fit_the_card",
        lambda c: c.named("card_profiles", "profiles", "unicard-reference").update(i="20"),
        "No software card speaks the reference dialect, i = 60.",
    ),
    (
        "key_versions_fit_put_key",
        lambda c: c["card"]["limits"].update(key_version_max=62),
        "PUT KEY does not take all versions of the issuer.",
    ),
    (
        "key_versions_fit_put_key",
        lambda c: c["card"]["limits"].update(key_version_max=255),
        "PUT KEY takes the version of blank cards.",
    ),
    (
        "channel_offers_its_levels",
        lambda c: c["card"]["secure_channel"].update(i="40"),
        "SCP03 has no i = 40.",
    ),
    (
        "vectors_recompute",
        lambda c: c.named("keys", "derivations", "EMV")["vectors"][0]["check_value"].update(
            value="C33014"
        ),
        "does not recompute.",
    ),
    (
        "vectors_recompute",
        lambda c: c.named("keys", "derivations", "VISA2")["vectors"][0].update(purpose="DEK"),
        "does not recompute.",
    ),
]


@pytest.mark.parametrize(
    ("rule", "spoil", "words"), FAULTS, ids=[f"{i}-{fault[0]}" for i, fault in enumerate(FAULTS)]
)
def test_a_fault_between_files_is_found(
    rule: str, spoil: Spoil, words: str, contract: Contract
) -> None:
    spoil(contract)
    assert any(words in finding.what for finding in findings_of(contract)), rule


def test_every_rule_has_a_fault_that_shows_it_at_work() -> None:
    rules = {rule.__name__ for rule in (*FILE_CHECKS, *SPEC_CHECKS)}
    assert rules == {rule for rule, _, _ in FAULTS}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c: c["card"]["aids"].update(package="A0000001"), "'A0000001' is not written"),
        (lambda c: c["card"]["aids"].update(package="A0" * 17), "is not written as it must be"),
        (lambda c: c.command("VERIFY").update(ins="60"), "'60' is not written as it must be"),
        (lambda c: c.command("VERIFY").update(cla="0"), "'0' is not one of"),
        (lambda c: c.command("VERIFY")["variants"][0].update(p1="0"), "'0' is not written"),
        (lambda c: c.command("VERIFY")["variants"][0].update(p1="any"), "'any' is not written"),
        (lambda c: c.word("VERIFY", "6983").update(sw="63CX"), "'63CX' is not written"),
        (lambda c: c.word("VERIFY", "6983").update(advice=""), "'' should be non-empty"),
        (lambda c: c.word("VERIFY", "6983").update(requirement="P-1"), "'P-1' is not written"),
        (lambda c: c.command("VERIFY").pop("who"), "'who' is a required property."),
        (lambda c: c.command("VERIFY").update(variants=[]), "[] should be non-empty"),
        (lambda c: c.named("objects", "objects", "holder flags").pop("bits"), "'bits' is a req"),
        (lambda c: c.named("dgis", "dgis", "transport PIN").pop("secret_length"), "is a required"),
        (lambda c: c.named("lifecycle", "states", "BLANK").update(code="06"), "'06' is not wri"),
        (lambda c: c.named("keys", "key_sets", "issuer").update(first="80"), "'80' is not writt"),
        (lambda c: c.named("services", "profile", "bread").update(period="week"), "oneOf"),
        (lambda c: c["status_words"]["names"].update({"700": "odd"}), "'700' is not written"),
    ],
)
def test_a_value_that_is_not_written_as_it_must_be_is_found(
    spoil: Spoil, words: str, contract: Contract
) -> None:
    spoil(contract)
    found = findings_of(contract)
    assert any(words in finding.what for finding in found), [str(finding) for finding in found]


def _objects_within(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Give the path of every JSON object, one for each shape: the first entry stands for a list."""
    if isinstance(value, dict):
        yield path
        for key, member in value.items():
            yield from _objects_within(member, (*path, key))
    elif isinstance(value, list) and value:
        yield from _objects_within(value[0], (*path, 0))


@pytest.mark.parametrize("file", DATA_FILES)
def test_a_member_that_no_schema_knows_is_found_wherever_it_stands(file: str) -> None:
    for path in _objects_within(ORIGINAL[file], ()):
        contract = Contract(ORIGINAL)
        contract[file] = copy.deepcopy(ORIGINAL[file])
        place: Any = contract[file]
        for step in path:
            place = place[step]
        place["no such member"] = 1
        assert findings_of(contract), path


@pytest.mark.parametrize("name", format_names())
def test_a_format_that_is_no_schema_is_found(name: str) -> None:
    def read_spoiled(wanted: str) -> Json:
        schema = copy.deepcopy(read_format(wanted))
        if wanted == name:
            schema["type"] = "no such type"
        return schema

    found = check(read_format=read_spoiled)
    assert [finding.file for finding in found] == [f"applet_spec/formats/{name}.schema.json"]


def test_a_finding_reads_as_a_sentence_with_its_place(contract: Contract) -> None:
    contract.command("VERIFY").update(states=["ASLEEP"])
    contract.command("VERIFY")["variants"][0]["p1"] = "zero"
    assert [str(finding) for finding in findings_of(contract)] == [
        "applet_spec/data/commands.json, commands, VERIFY, variants, ask, p1: 'zero' is not "
        "written as it must be: ^([0-9A-F]{2}(, [0-9A-F]{2})*|([0-9A-F]{2} or )?"
        "(tag|KVN|level|block|state|record|service))$."
    ]
