//! Tells the linker to make the library small; the code is the same.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let flags: &[&str] = match target.as_str() {
        // Relative relocations packed, as Android loads them from API level 28 on; functions of the
        // same code folded.
        "android" => &["--pack-dyn-relocs=relr", "--use-android-relr-tags", "--icf=all"],
        "linux" => &["-z,pack-relative-relocs", "--icf=all"],
        _ => &[],
    };
    for flag in flags {
        println!("cargo:rustc-cdylib-link-arg=-Wl,{flag}");
    }
}
