#!/usr/bin/env bash
# Builds ios/build/PatientWalletFFIC.xcframework: devices, simulators, macOS. NOT RUN HERE: it needs
# macOS with Xcode 16 or newer, and the Rust targets below. What Linux can check of it: its syntax,
# and that the manifest's Apple half parses (ios/manifest.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=patient_wallet_ffi
build=ios/build
targets=(
  aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios aarch64-apple-darwin x86_64-apple-darwin
)
export IPHONEOS_DEPLOYMENT_TARGET=17.0 MACOSX_DEPLOYMENT_TARGET=14.0

rustup target add "${targets[@]}"
for target in "${targets[@]}"; do
  # Alone, so that no feature of a tool or of a test gets into it; one kind of library, because cargo
  # optimises across crates only then.
  tools/mobile.sh rustc --locked --profile mobile --package patient-wallet-ffi --lib \
    --crate-type staticlib --target "$target"
done

# The generated files tell of the border, which is the same for every target.
cargo build --locked --package patient-wallet-bindgen
generated=$build/generated
rm -rf "$build"
mkdir -p "$generated"
# The generator asks no cargo where the library's uniffi.toml is.
printf '[crate-roots]\npatient_wallet_ffi = "%s"\n' "$PWD/ffi" >"$generated/where.toml"
target/debug/uniffi-bindgen generate --config "$generated/where.toml" \
  "target/aarch64-apple-darwin/mobile/lib$name.a" --language swift --no-format \
  --out-dir "$generated"
ios/generate.sh "$generated"

# One folder of its own for the module: two binary packages with a bare module.modulemap collide.
headers=$build/headers/PatientWalletFFIC
mkdir -p "$headers"
cp "$generated/PatientWalletFFIC.h" "$headers/"
cp "$generated/PatientWalletFFIC.modulemap" "$headers/module.modulemap"

# both FOLDER TARGET...: one library for the processors of one platform.
both() {
  local folder=$build/$1 target
  local libraries=()
  shift
  for target in "$@"; do libraries+=("target/$target/mobile/lib$name.a"); done
  mkdir -p "$folder"
  lipo -create "${libraries[@]}" -output "$folder/lib$name.a"
}
both simulator aarch64-apple-ios-sim x86_64-apple-ios
both macos aarch64-apple-darwin x86_64-apple-darwin

xcodebuild -create-xcframework \
  -library "target/aarch64-apple-ios/mobile/lib$name.a" -headers "$build/headers" \
  -library "$build/simulator/lib$name.a" -headers "$build/headers" \
  -library "$build/macos/lib$name.a" -headers "$build/headers" \
  -output "$build/PatientWalletFFIC.xcframework"
(cd "$build" && zip -qry PatientWalletFFIC.xcframework.zip PatientWalletFFIC.xcframework)
swift package --package-path ios compute-checksum "$build/PatientWalletFFIC.xcframework.zip"
