# `make` shows what there is. Each target sets up what it needs by itself.

PYTHON_VENV := .venv/bin/python

.PHONY: help demo java cap test lint format proofs bench lock clean distclean

help:
	@sed -n 's/^## //p' Makefile

## make demo [CARD=java]   the main job on invented citizens and software cards; needs no compiler.
##                         With a Java card instead, in the virtual reader of a pcscd that runs
demo:
	@scripts/setup.sh core
ifeq ($(CARD),java)
	@scripts/setup.sh pcsc
	@scripts/setup.sh java
endif
	@scripts/demo.sh

## make java               build the Java card with a JDK and Maven; the reader `java` needs it
java:
	@scripts/setup.sh java

## make cap                the applet's CAP file, with a Java Card SDK that you supply in JC_HOME;
##                         says what it needs
cap:
	@scripts/setup.sh core
	@scripts/cap.sh

## make test [ARGS=…]      all tests; ARGS are pytest's, and pytest's tests alone are run:
##                         make test ARGS="tests/host_lib -x"
test:
	@scripts/setup.sh pcsc
ifeq ($(strip $(ARGS)),)
	@scripts/setup.sh java optional
	@scripts/java.sh test
else
	@scripts/java.sh hint
endif
	@$(PYTHON_VENV) -m pytest $(ARGS)

## make lint               ruff (rules and format) and mypy --strict
lint:
	@scripts/setup.sh test
	@$(PYTHON_VENV) -m ruff check --quiet .
	@$(PYTHON_VENV) -m ruff format --quiet --check .
	@$(PYTHON_VENV) -m mypy .

## make format             put the code into the project's format
format:
	@scripts/setup.sh test
	@$(PYTHON_VENV) -m ruff check --quiet --fix .
	@$(PYTHON_VENV) -m ruff format .

## make proofs [ARGS=…]    the long proofs; writes docs/evidence/*.json
proofs:
	@scripts/setup.sh pcsc
	@scripts/setup.sh java optional
	@$(PYTHON_VENV) -m pytest -m proof $(ARGS)

## make bench [ONLY=name]  the benchmarks; writes benchmarks/results.json
bench:
	@scripts/setup.sh pcsc
	@scripts/setup.sh java optional
	@$(PYTHON_VENV) -m benchmarks $(ONLY)

## make lock [UPGRADE=1]   resolve the dependencies again to requirements/*.txt
lock:
	@scripts/setup.sh lock
	@UPGRADE=$(UPGRADE) scripts/lock.sh

## make clean              remove what was built and cached; make distclean also removes .venv
clean:
	@rm -rf build dist demo *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis applet/target applet/*/target
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean
	@rm -rf .venv
