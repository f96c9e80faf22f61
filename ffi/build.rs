//! Tells the linker to make the library small; the code is the same.

use std::env::var;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=shipped.ld");
    let target = var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let flags: &[&str] = match target.as_str() {
        // Relative relocations packed, as Android loads them from API level 28 on; functions of the
        // same code folded.
        "android" => &["--pack-dyn-relocs=relr", "--use-android-relr-tags", "--icf=all"],
        "linux" => &["-z,pack-relative-relocs", "--icf=all"],
        _ => return,
    };
    for flag in flags {
        println!("cargo:rustc-cdylib-link-arg=-Wl,{flag}");
    }
    // Only what is optimised is shipped; bindings are generated from the others.
    if var("PROFILE").is_ok_and(|profile| profile == "release") {
        let folder = var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-cdylib-link-arg=-Wl,-T,{folder}/shipped.ld");
    }
}
