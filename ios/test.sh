#!/usr/bin/env bash
# Builds the package and runs its tests against the library that tools/bindings.sh made; needs no
# cargo and leaves nothing outside of target/. The last line is `N passed, N failed`.
# ios/test.sh            the tests
# ios/test.sh --tsan     the same under the thread sanitizer
# WALLET_OVERHEAD=1 ios/test.sh   what a call across the border costs, optimised; with the library of
#                                 the folder WALLET_OVERHEAD_LIB, which is inside of the checkout
# WALLET_LEAKS=1 ios/test.sh      what is let go of is gone, after 200 cycles too
# WALLET_EXCHANGE_MAKE=FOLDER or WALLET_EXCHANGE_OPEN=FOLDER: for tools/exchange.sh
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

kind=debug
build=() tests=()
case "${1-}" in
  '') ;;
  --tsan) kind=tsan build=(--sanitize=thread); export WALLET_SANITIZED=1 ;;
  *) echo 'usage: ios/test.sh [--tsan]' >&2; exit 2 ;;
esac
if [ -n "${WALLET_OVERHEAD-}" ]; then
  kind=release build=(-c release -Xswiftc -enable-testing) tests=(--filter OverheadTests)
  [ -z "${WALLET_OVERHEAD_LIB-}" ] || export WALLET_LIBRARY=$WALLET_OVERHEAD_LIB
elif [ -n "${WALLET_LEAKS-}" ]; then
  tests=(--filter LeakTests)
elif [ -n "${WALLET_EXCHANGE_MAKE-}${WALLET_EXCHANGE_OPEN-}" ]; then
  tests=(--filter ExchangeTests)
fi

export WALLET_BINDINGS=${WALLET_BINDINGS:-$PWD/target/bindings}
scratch=$PWD/target/swift/$kind
mkdir -p "$scratch"
ios/generate.sh "$WALLET_BINDINGS/swift" || exit 1

# What the tests hide in records, names and passphrases: it must not come out anywhere.
mark=Marked$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
folder=$(mktemp -d "$scratch/run.XXXXXX")
trap 'rm -rf "$folder"' EXIT
export WALLET_STRICT=1 WALLET_MARK=$mark WALLET_EXAMPLES=$PWD/examples
export TMPDIR=$folder TSAN_OPTIONS=exitcode=66
log=$scratch/test.log
code=0
# run: the wallet's threads get the stacks that a phone gives them; a sanitizer needs more.
run() {
  local package=(--package-path ios --scratch-path "$scratch")
  tools/swift build --build-tests "${package[@]}" "${build[@]}" || return
  [ $kind = tsan ] || ulimit -S -s 512
  tools/swift test --skip-build --disable-xctest --no-parallel "${package[@]}" "${build[@]}" "${tests[@]}"
}
(run) >"$log" 2>&1 </dev/null || code=$?
sed "s/$mark/(marked text)/g" "$log"

# The line of the whole run begins with `Test run`.
count() { grep -E "^$1 Test .* after [0-9.]+ seconds" "$log" | grep -cvE '^. Test run with '; }
passed=$(count ✔)
failed=$(count ✘)
# fail WHY
fail() {
  echo "ios/test.sh: $1" >&2
  ((failed > 0)) || failed=1
}
[ "$code" = 0 ] || fail "swift test ended with $code"
WALLET_MANIFEST=apple tools/swift package --package-path ios --scratch-path "$scratch" \
  dump-package 2>&1 | grep >/dev/null '"path" : "build/PatientWalletFFIC.xcframework"' ||
  fail "the manifest's Apple half is not as it should be"
tools/swift format lint --strict -r ios/Sources/PatientWallet ios/Tests ios/Package.swift ||
  fail 'tools/swift format -i would write it otherwise'
bash -n ios/build-xcframework.sh || fail 'ios/build-xcframework.sh does not parse'
[ "$passed" -gt 0 ] || fail 'no test ran'
! grep -q 'WARNING: ThreadSanitizer' "$log" || fail 'the thread sanitizer reported'
! grep -q 'warning:' "$log" || fail 'there are warnings'
! grep -q "$mark" "$log" || fail 'marked text came out'
echo "$passed passed, $failed failed"
((failed == 0))
