//! What the tests of the languages need; only with the feature `testing`, never shipped.

use std::hint::black_box;
use std::time::Instant;

use patient_wallet::{Error, session};

use crate::call::call;
use crate::error::WalletError;
use crate::live::{Kind, count};
use crate::parse;
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

    /// Times a page of 1,000 records as the core gives it to Rust: nanoseconds of the fastest of
    /// so many rounds.
    pub fn testing_page_nanos(&self, rounds: u32) -> Result<u64, WalletError> {
        let query = session::Query { limit: Some(1000), ..session::Query::default() };
        self.fastest(rounds, |session| {
            for id in session.find(&query)?.ids {
                black_box(session.record(id)?);
            }
            Ok(())
        })
    }

    /// Times the first MiB of an attachment as the core gives it to Rust.
    pub fn testing_chunk_nanos(&self, attachment: String, rounds: u32) -> Result<u64, WalletError> {
        let id = parse::id(&attachment)?;
        self.fastest(rounds, |session| {
            let mut chunk = vec![0; 1024 * 1024];
            black_box(session.read_attachment(id, 0, &mut chunk)?);
            black_box(chunk);
            Ok(())
        })
    }
}

impl Session {
    fn fastest(
        &self,
        rounds: u32,
        mut work: impl FnMut(&mut session::Session) -> Result<(), Error>,
    ) -> Result<u64, WalletError> {
        self.call(|session| {
            let mut best = u128::MAX;
            for _ in 0..rounds {
                let started = Instant::now();
                work(session)?;
                best = best.min(started.elapsed().as_nanos());
            }
            Ok(u64::try_from(best).unwrap_or(u64::MAX))
        })
    }
}

#[expect(clippy::panic, reason = "it stands for a defect")]
fn defect(text: &str) -> Result<(), WalletError> {
    panic!("{text}")
}
