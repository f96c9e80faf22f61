//! What the tests of the languages need: the library and the generated code, as they are now.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the library's file.
#[allow(dead_code, reason = "not every test loads it")]
pub(crate) const LIBRARY: &str = if cfg!(target_os = "macos") {
    "libpatient_wallet_ffi.dylib"
} else {
    "libpatient_wallet_ffi.so"
};

/// Builds what is out of date and gives the folder of the bindings, beside that of the builds.
pub(crate) fn made() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // A test's own folder is `TARGET/tmp`.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let output = Command::new(root.join("tools/bindings.sh"))
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("bindings")
}
