"""STORE DATA: any DGIs, packed into as few blocks as their length needs."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applet_spec import spec
from host_lib.flow.store import DgiValue, blocks, payload, secret_dgi
from host_lib.primitives import AesContext
from host_lib.secret import AesKey, Pin, SecretBytes

TAGS = st.integers(0x0101, 0x9FFF)
VALUES = st.lists(st.builds(DgiValue, TAGS, st.binary(min_size=1, max_size=700)), min_size=1)
SIZE = spec().limits["secured_data"]


@given(VALUES, st.integers(1, 255))
def test_the_blocks_joined_are_the_stream_and_only_the_last_is_marked(
    values: list[DgiValue], size: int
) -> None:
    commands = list(blocks(payload(values), size))
    assert b"".join(command.data for command in commands) == payload(values)
    assert [command.last for command in commands] == [False] * (len(commands) - 1) + [True]
    assert [command.block for command in commands] == list(range(len(commands)))


@given(VALUES)
def test_no_more_blocks_go_out_than_the_length_needs(values: list[DgiValue]) -> None:
    stream = payload(values)
    assert len(list(blocks(stream, SIZE))) == -(-len(stream) // SIZE)


@pytest.mark.parametrize(
    ("length", "header"), [(1, "010201"), (254, "0102FE"), (255, "0102FF00FF"), (640, "0102FF0280")]
)
def test_a_dgi_has_the_length_form_of_emv_cps(length: int, header: str) -> None:
    encoded = DgiValue(0x0102, bytes(length)).encode()
    assert encoded.hex().upper().startswith(header)
    assert len(encoded) == len(header) // 2 + length


def test_a_secret_carries_its_check_value_inside_the_ciphertext() -> None:
    dek = AesKey(bytes.fromhex("404142434445464748494A4B4C4D4E4F"))
    block = Pin("1234").block()
    content = secret_dgi(0x8010, SecretBytes(block), dek).content
    plain = AesContext(dek.reveal()).cbc_decrypt(bytes(16), content)
    check = sha256(b"\x80\x10" + block).digest()[:4]
    assert plain == block + check + b"\x80\x00\x00\x00"
    assert len(content) in spec().dgi_named("transport PIN").length
