#!/usr/bin/env bash
# Compiles the Kotlin facade over the bindings that tools/bindings.sh made, and runs its tests; needs
# no cargo. Arguments go to Maven. The last line is `N passed, N failed`.
# android/test.sh                      the tests
# WALLET_OVERHEAD=1 android/test.sh    what a call across the border costs; with the library of the
#                                      folder WALLET_OVERHEAD_LIB
# WALLET_LEAKS=1 android/test.sh       what is let go of is gone, after 200 cycles too
# WALLET_EXCHANGE_MAKE=FOLDER or WALLET_EXCHANGE_OPEN=FOLDER: for tools/exchange.sh
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

bindings=${WALLET_BINDINGS:-$PWD/../target/bindings}
library=$bindings/lib
options=()
if [ -n "${WALLET_OVERHEAD-}" ]; then
  options=(-Dtest=OverheadTest)
  library=${WALLET_OVERHEAD_LIB:-$library}
elif [ -n "${WALLET_LEAKS-}" ]; then
  options=(-Dtest=LeaksTest)
  # What the JVM's compiler takes and gives back would be counted as the wallet's; Maven keeps its own.
  export JAVA_TOOL_OPTIONS='-Xint -XX:+UseSerialGC' MAVEN_OPTS=-Xmixed
elif [ -n "${WALLET_EXCHANGE_MAKE-}" ]; then
  options=('-Dtest=ExchangeTest#makes*')
elif [ -n "${WALLET_EXCHANGE_OPEN-}" ]; then
  options=('-Dtest=ExchangeTest#opens*')
fi
[ ${#options[@]} = 0 ] || options+=(-Dsurefire.failIfNoSpecifiedTests=false)

if ! [ -d "$bindings/kotlin" ]; then
  echo "android/test.sh: no bindings; tools/bindings.sh makes them" >&2
  echo '0 passed, 1 failed'
  exit 1
fi

# fresh MODULE FOLDER...: begins anew when a source has changed: the compiler leaves the classes of
# files that are gone.
fresh() {
  local module=$1 hash
  shift
  hash=$(find "$@" pom.xml ./*/pom.xml -type f -print0 | sort -z | xargs -0 cksum | cksum)
  [ "$hash" != "$(cat "$module/target/made" 2>/dev/null)" ] || return 0
  rm -rf "$module/target"
  mkdir -p "$module/target"
  echo "$hash" >"$module/target/made"
}
fresh bindings "$bindings/kotlin"
fresh wallet "$bindings/kotlin" wallet/src
rm -rf wallet/target/surefire-reports

# What lies in memory needs no waiting for a disk; no test here cuts one off.
place=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" wallet.XXXXXX)
trap 'rm -rf "$place"' EXIT

code=0
mvn -B -ntp -Dmaven.repo.local="${WALLET_TOOLS:-$HOME/.cache/patient-wallet}/m2" \
  -Dkotlin.bindings="$bindings/kotlin" -Drust.lib="$library" -Dplace="$place" \
  "${options[@]}" "$@" test || code=$?

# Tests, failures and skipped ones of all reports.
read -r tests failed skipped < <(cat wallet/target/surefire-reports/TEST-*.xml 2>/dev/null | sed -nE \
  's/^<testsuite .* tests="([0-9]+)" errors="([0-9]+)" skipped="([0-9]+)" failures="([0-9]+)".*/\1 \2 \3 \4/p' |
  awk '{ t += $1; f += $2 + $4; s += $3 } END { print t + 0, f + 0, s + 0 }')
# fail WHY
fail() {
  echo "android/test.sh: $1" >&2
  ((failed > 0)) || failed=1
}
((tests > 0)) || fail 'no test ran'
((skipped == 0)) || fail "$skipped tests were skipped"
[ "$code" = 0 ] || fail "mvn ended with $code"
passed=$((tests - failed - skipped))
# Maven leaves a line unended that resets the terminal's colours.
printf '\n%s passed, %s failed\n' "$((passed > 0 ? passed : 0))" "$failed"
((failed == 0))
