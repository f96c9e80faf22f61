//! The core of the patient wallet.

pub mod keys;
