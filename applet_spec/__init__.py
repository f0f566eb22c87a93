"""The card's contract as data: JSON files, their schemas, the typed loader and the generators.

Everything else may import this room; it imports none of the others.
"""
