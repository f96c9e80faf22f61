//! The core of the patient wallet.

pub mod codec;
pub mod host;
pub mod keys;
pub mod db;
