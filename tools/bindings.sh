#!/usr/bin/env bash
# Builds the library with what its tests need, and the Kotlin, Swift and Python that call it:
# target/bindings/{lib,kotlin,swift,python}. A file is replaced only when it changed, so that
# what is built from it is not built again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
out=$target/bindings
case $(uname) in
  Darwin) library=libpatient_wallet_ffi.dylib ;;
  *) library=libpatient_wallet_ffi.so ;;
esac

# Apart: together they would share features, and the generator's are not the library's. The library
# is the one that `./check` builds for its tests anyhow; `--test api` needs nothing else.
cargo build --quiet --locked --package patient-wallet-bindgen
cargo test --quiet --locked --workspace --exclude patient-wallet-bindgen \
  --features patient-wallet-ffi/testing --test api --no-run
built=$target/debug/deps/$library

mkdir -p "$out"
exec 9>"$out/lock"
flock 9 2>/dev/null || true # two at once take turns, where there is flock

# renew FILE AS: puts a file in its place when it differs from what is there; never half a file.
renew() {
  cmp -s "$1" "$2" && return
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.new.$$"
  mv "$2.new.$$" "$2"
}

made=$out/made
sources=$(cat "$built" "$target/debug/uniffi-bindgen" ffi/uniffi.toml "$0" | cksum)
if ! cmp -s "$made" - <<<"$sources"; then
  fresh=$out/fresh
  rm -rf "$fresh" "$made"
  mkdir -p "$fresh"
  # The generator asks no cargo where the library's uniffi.toml is.
  printf '[crate-roots]\npatient_wallet_ffi = "%s"\n' "$PWD/ffi" >"$fresh/where.toml"
  for language in kotlin swift python; do
    "$target/debug/uniffi-bindgen" generate --no-format --config "$fresh/where.toml" \
      --language "$language" --out-dir "$fresh/$language" "$built"
    (cd "$fresh/$language" && find . -type f) | while read -r file; do
      renew "$fresh/$language/$file" "$out/$language/$file"
    done
    # What is not made any more must not be compiled any more.
    (cd "$out/$language" && find . -type f) | while read -r file; do
      [ -e "$fresh/$language/$file" ] || rm "$out/$language/$file"
    done
  done
  renew "$built" "$out/lib/$library"
  ln -sfn "../lib/$library" "$out/python/$library" # Python looks beside its module
  rm -rf "$fresh"
  echo "$sources" >"$made"
fi
