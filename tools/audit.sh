#!/usr/bin/env bash
# Compares Cargo.lock with the advisory snapshot of the test data, and says how old that is.
set -euo pipefail
snapshot=$WALLET_TEST_DATA/advisory-db

# A snapshot has no git history; its newest advisory dates it.
newest=$(grep -rhoE '^date = "[0-9-]+"' "$snapshot/crates" | cut -d'"' -f2 | sort | tail -n 1)
age=$((($(date +%s) - $(date -d "$newest" +%s)) / 86400))
echo "table: advisories up to $newest, $age days old"

cargo audit --no-fetch --stale --deny unsound --deny yanked --db "$snapshot"
