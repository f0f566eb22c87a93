"""Everything that changes what the application keeps, by name."""

from tests.card_application.application_tear_data import DATA
from tests.card_application.application_tear_keys import KEYS
from tests.card_application.application_tear_pins import PINS
from tests.card_application.application_tear_services import SERVICES
from tests.card_application.application_tear_states import CONTENT, STATES
from tests.card_application.application_tear_transactions import TRANSACTIONS

ALL = {**PINS, **DATA, **KEYS, **SERVICES, **TRANSACTIONS, **STATES, **CONTENT}
