#!/usr/bin/env bash
# Builds as for a phone: the library of this machine, or what cargo is told to build, with the flags
# that no profile can hold.
# tools/mobile.sh [CARGO ARGUMENT...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# != 0 ] || set -- rustc --locked --profile mobile --package patient-wallet-ffi --lib --crate-type cdylib

# No phone has the vectors of a desktop's processor. Frame pointers make the tables for unwinding a
# third smaller. No path of this machine gets into what is shipped.
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
flags=(
  --cfg 'curve25519_dalek_backend="serial"'
  -C force-frame-pointers=yes
  "--remap-path-prefix=$PWD=."
)
for index in "$sources" "$sources"/*; do flags+=("--remap-path-prefix=$index=registry"); done
printf -v CARGO_ENCODED_RUSTFLAGS '%s\x1f' "${flags[@]}"
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}
exec cargo "$@"
