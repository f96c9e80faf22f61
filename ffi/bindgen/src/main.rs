//! The generator of UniFFI, at the version that the library is built with.
//!
//! A crate of its own: what it needs never becomes part of the library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
