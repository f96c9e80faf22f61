#!/usr/bin/env bash
# Lets Kotlin, Swift and Python open what each of them made (ffi/tests/exchange.md). With names of
# languages only those take part.
# tools/exchange.sh [LANGUAGE...]
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
tools=${WALLET_TOOLS:-$HOME/.cache/patient-wallet}
languages=("${@:-}")
[ "${languages[0]}" ] || languages=(kotlin swift python)
things=(request token disclosure revocation text log backup)

# run LANGUAGE: the half of its suite that the environment names.
run() {
  case $1 in
    kotlin) android/test.sh -o ;;
    swift) ios/test.sh ;;
    python)
      local python=$tools/python/bin/python
      "$python" -c 'import pytest' 2>/dev/null || python=python3
      "$python" -m pytest -q -p no:cacheprovider ffi/tests/python
      ;;
  esac
}

# In target/, because a Swift of its own root sees no other folder.
mkdir -p target
folder=$(mktemp -d "$PWD/target/exchange.XXXXXX")
trap 'rm -rf "$folder"' EXIT
passed=0 failed=0
made=()
for language in "${languages[@]}"; do
  mkdir -p "$folder/made/$language"
  echo "--- $language makes"
  if WALLET_EXCHANGE_MAKE=$folder/made/$language run "$language" >"$folder/log" 2>&1 &&
    [ -f "$folder/made/$language/facts.json" ]; then
    ((passed += 1))
    made+=("$language")
  else
    ((failed += 1))
    tail -n 40 "$folder/log"
    rm -rf "${folder:?}/made/$language"
  fi
done
for language in "${languages[@]}"; do
  echo "--- $language opens"
  WALLET_EXCHANGE_OPEN=$folder/made run "$language" >"$folder/log" 2>&1
  code=$?
  missing=0
  for maker in "${made[@]}"; do
    for thing in "${things[@]}"; do
      if grep -qE "(^|[^a-z])exchange $maker $thing\$" "$folder/log"; then
        echo "$language opens of $maker: $thing"
        ((passed += 1))
      else
        echo "$language does not open of $maker: $thing"
        ((failed += 1, missing += 1))
      fi
    done
  done
  if [ "$code" != 0 ] || [ "$missing" != 0 ]; then
    tail -n 40 "$folder/log"
    ((failed > 0)) || failed=1
  fi
done
sum=$((${#languages[@]} + ${#languages[@]} * ${#languages[@]} * ${#things[@]}))
((passed + failed >= sum)) || failed=$((sum - passed))
echo "$passed passed, $failed failed"
((failed == 0))
