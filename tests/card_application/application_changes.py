"""Everything that changes what the application keeps, by name."""

from tests.card_application.application_tear_data import DATA
from tests.card_application.application_tear_keys import KEYS
from tests.card_application.application_tear_pins import PINS
from tests.card_application.application_tear_states import CONTENT, STATES

ALL = {**PINS, **DATA, **KEYS, **STATES, **CONTENT}
