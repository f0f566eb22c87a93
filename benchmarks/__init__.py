"""What the project measures, and against what.

``python -m benchmarks [ONLY]`` runs the modules of this package that have a function ``measure``,
prints a table and writes ``results.json``. A benchmark may import any room.
"""
