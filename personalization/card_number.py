"""Card numbers: the spec's prefix, random digits, and the check digit of ISO/IEC 7812-1 annex B."""

import secrets

from applet_spec import spec


def check_digit(digits: str) -> str:
    """Return the check digit that follows these digits (the formula of Luhn)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def has_check_digit(number: str) -> bool:
    """Say whether the last of these digits is the check digit of the others."""
    return number.isascii() and number.isdigit() and check_digit(number[:-1]) == number[-1]


def random_card_number() -> str:
    """Return a card number whose middle digits tell nothing, neither order nor count of cards."""
    form = spec().card_number
    free = form.digits - len(form.prefix) - 1
    digits = f"{form.prefix}{secrets.randbelow(10**free):0{free}d}"
    return digits + check_digit(digits)
