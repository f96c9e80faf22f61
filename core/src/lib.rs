//! The core of the patient wallet.
