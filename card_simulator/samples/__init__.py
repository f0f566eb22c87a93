"""Invented citizens and fingers for examples and tests: seeded, valid in form, nobody's data.

Imports ``applet_spec`` only, for the form of an enrolment record.
"""

from card_simulator.samples.citizens import Citizen, citizens
from card_simulator.samples.enrolments import columns, enrolments
from card_simulator.samples.fingers import finger_record

__all__ = ["Citizen", "citizens", "columns", "enrolments", "finger_record"]
