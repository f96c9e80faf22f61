#!/usr/bin/env bash
# Installs Swift 6.0 of Debian trixie as a root of its own under the folder $1, complete or not at
# all; quick when it is there or `swift` is on PATH. Needs root; tools/swift runs it.
# tools/install_swift.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$1"
folder=$(cd "$1" && pwd -P)
root=$folder/swift-root
command -v swift >/dev/null 2>&1 && exit
[ -x "$root/usr/libexec/swift/bin/swift" ] && exit

command -v mmdebstrap >/dev/null 2>&1 || {
  apt-get update || true
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends mmdebstrap
}

new=$folder/swift-root.new
trap 'rm -rf "$new"' EXIT
# What no test runs is left out: 1.0 GB instead of 2.7. A mirror's list may be older than it says it
# is valid.
mapfile -t trim < <(sed 's/^/--dpkgopt=path-exclude=/' tools/swift-trim.txt)
made=
for pause in 0 10 60; do
  sleep "$pause"
  rm -rf "$new"
  if mmdebstrap --quiet --variant=minbase --include=swiftlang,libc6-dev,libstdc++-14-dev,git \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
    "${trim[@]}" trixie "$new"; then
    made=yes
    break
  fi
done
[ -n "$made" ] || { echo 'swift could not be installed' >&2; exit 1; }
rm -rf "$root"
mv "$new" "$root"
