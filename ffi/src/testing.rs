//! What the tests of the languages need; only with the feature `testing`, never shipped.

use crate::call::call;
use crate::error::WalletError;
use crate::live::{Kind, count};
use crate::session::Session;

/// How many objects foreign code holds.
#[derive(Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct LiveObjects {
    /// Locked wallets.
    pub wallets: i64,
    /// Unlocked wallets.
    pub sessions: i64,
    /// Unlocked homes of requesters.
    pub requesters: i64,
    /// Unlocked homes of directories.
    pub directories: i64,
    /// Cancel tokens.
    pub cancel_tokens: i64,
}

/// Counts the objects that foreign code holds.
#[uniffi::export]
pub fn testing_live_objects() -> Result<LiveObjects, WalletError> {
    call(|| {
        Ok(LiveObjects {
            wallets: count(Kind::Wallet),
            sessions: count(Kind::Session),
            requesters: count(Kind::Requester),
            directories: count(Kind::Directory),
            cancel_tokens: count(Kind::CancelToken),
        })
    })
}

/// Panics with a text, as a defect would that quotes what it was reading.
#[uniffi::export]
pub fn testing_panic(text: String) -> Result<(), WalletError> {
    call(|| defect(&text))
}

#[uniffi::export]
impl Session {
    /// Panics inside of a call of the session.
    pub fn testing_panic(&self, text: String) -> Result<(), WalletError> {
        self.home.call(|_| defect(&text))
    }
}

#[expect(clippy::panic, reason = "it stands for a defect")]
fn defect(text: &str) -> Result<(), WalletError> {
    panic!("{text}")
}
