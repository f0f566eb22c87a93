"""The tests, one module a subject; each says which requirements it shows and what it needs.

Run by `card_conformance.runner`, never by the project's own test run. A test talks to the fixture
``card``; it states what it expects through `CardUnderTest.expect` and `check`, never by ``assert``.
"""
