#!/usr/bin/env bash
# Runs first.py. ffi/tests/languages/python.sh BINDINGS FOLDER FILE; exit 77: no Python here.
set -euo pipefail
command -v python3 >/dev/null || { echo 'no python3'; exit 77; }
PYTHONPATH=$1/python exec python3 "$(dirname "$0")/first.py" "$2" "$3"
