#!/usr/bin/env bash
# A disk that fills up during an import loses nothing and leaves nothing half-written.
# Run as root in a mount namespace of its own:  unshare --mount tools/disk_full.sh WALLET
set -uo pipefail
wallet=$(realpath "$1")
export WALLET_PASSPHRASE='a passphrase for a full disk'
export WALLET_HOME NO_COLOR=1

work=$(mktemp -d)
disk=$work/disk
trap 'umount "$disk" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$disk"
mount -t tmpfs -o size=8m none "$disk" || exit 1
WALLET_HOME=$disk/home

passed=0 failed=0
# expect WHAT COMMAND...: one named expectation.
expect() {
  local what=$1
  shift
  if "$@"; then
    ((passed += 1))
    echo "ok      $what"
  else
    ((failed += 1))
    echo "FAILED  $what"
  fi
}

# observations COUNT BYTES NAME: COUNT resources as NDJSON, each with BYTES of text that does not shrink.
observations() {
  local id text
  for ((id = 1; id <= $1; id++)); do
    text=$(head -c "$2" /dev/urandom | base64 -w 0)
    printf '{"resourceType":"Observation","id":"%s-%d","status":"final",' "$3" "$id"
    printf '"code":{"text":"Reading %d"},"valueString":"%s"}\n' "$id" "$text"
  done
}
observations 20 500 small >"$work/small.ndjson"
observations 1000 24000 large >"$work/large.ndjson" # about 32 MB

expect 'a wallet is created' "$wallet" create --words-out "$work/words"
expect 'a small file is imported' "$wallet" import --source small "$work/small.ndjson"
"$wallet" records --limit 100 --json >"$work/before.json"
expect 'its 20 records are there' grep -qE '"total": ?20\b' "$work/before.json"

"$wallet" import --source large "$work/large.ndjson" >"$work/out" 2>"$work/err"
code=$?
cat "$work/err"
expect 'an import larger than the disk is refused with exit 1' test "$code" = 1
expect 'it says vault.storage-full' grep -q '^error\[vault\.storage-full\]: ' "$work/err"

"$wallet" records --limit 100 --json >"$work/after.json"
expect 'records still works' test "$?" = 0
expect 'it shows what was there before, and nothing else' cmp "$work/before.json" "$work/after.json"
expect 'the wallet still takes a small file' \
  "$wallet" import --source again "$work/small.ndjson"

# Somebody else's file takes the last byte: the keystore beside the vault cannot count the attempt.
dd if=/dev/zero of="$disk/other" bs=4k >/dev/null 2>&1
"$wallet" records --json >"$work/out" 2>"$work/err"
code=$?
cat "$work/err"
expect 'on a disk without a byte left the wallet stays locked, exit 1' test "$code" = 1
expect 'it says keystore.unavailable' grep -q '"code":"keystore\.unavailable"' "$work/err"
WALLET_HOME=$disk/second "$wallet" create --words-out "$work/second" >"$work/out" 2>"$work/err"
code=$?
cat "$work/err"
expect 'a wallet that finds no room is not created, exit 1' test "$code" = 1
expect 'it leaves no words behind' test ! -e "$work/second"
rm "$disk/other"
expect 'with room again everything is there' \
  sh -c '"$1" records --json | grep -qE "\"total\": ?40\b"' - "$wallet"
WALLET_HOME=$disk/second \
  expect 'and the second wallet is created' "$wallet" create --words-out "$work/second"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
