#!/usr/bin/env bash
# The applet's CAP file, with a Java Card SDK and export files that the user supplies.
#
#   JC_HOME=… GP_EXPORTS=… scripts/cap.sh
#
# What is missing is said before anything is built; docs/applet.md says where it comes from.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

python=.venv/bin/python
use_jdk || true # scripts/cap.py says what it lacks
"$python" -m scripts.cap check
scripts/setup.sh java
"$python" -m scripts.cap
