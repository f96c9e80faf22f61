//! The other side of a consent, played with the library: a clinic, and a directory that vouches.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::fs;
use std::io::Cursor;

use patient_wallet::consent::{CategorySet, Flags, Purpose, RequesterClass};
use patient_wallet::host::CancelToken;
use patient_wallet::record::LabelSet;
use patient_wallet::requester::Ask;
use patient_wallet::testing::TestWallet;
use patient_wallet::{Directory, Requester};

/// The moment at which clinics of tests live.
pub(crate) const NOW: &str = "2026-11-21T10:40:00Z";
pub(crate) const DAY: u64 = 24 * 60 * 60;

/// A clinic in a home of its own.
pub(crate) struct Clinic {
    _home: TestWallet,
    pub(crate) requester: Requester,
}

impl Clinic {
    pub(crate) fn named(name: &str) -> Self {
        Self::of(name, RequesterClass::Clinician)
    }

    pub(crate) fn of(name: &str, class: RequesterClass) -> Self {
        let home = TestWallet::empty();
        let wallet = home.wallet();
        let created = Requester::create(&wallet, &TestWallet::passphrase(), name, class);
        Self { requester: created.unwrap(), _home: home }
    }

    /// Asks for everything, for 30 days, to be answered within a day.
    pub(crate) fn ask(&mut self) -> Vec<u8> {
        self.requester.request(&everything()).unwrap()
    }

    /// Opens what a patient gave: the JSON of each record.
    pub(crate) fn open(&mut self, token: &[u8], disclosure: &[u8]) -> Vec<String> {
        let source = Cursor::new(disclosure.to_vec());
        let cancel = CancelToken::new();
        let mut opened = self.requester.open(token, source, None, &quiet, &cancel).unwrap();
        let parts = 0..opened.parts().len();
        let copied = parts.map(|part| {
            let mut out = Vec::new();
            opened.copy(part, &mut out, &quiet, &cancel).unwrap();
            String::from_utf8(out).unwrap()
        });
        copied.collect()
    }
}

pub(crate) fn everything() -> Ask {
    Ask {
        categories: CategorySet::ALL,
        labels: LabelSet::EMPTY,
        purpose: Purpose::Treatment,
        dates: None,
        seconds: Some(30 * DAY),
        retain_seconds: 30 * DAY,
        flags: Flags::NONE,
        text: None,
        response: None,
        valid_seconds: DAY,
        patient: None,
    }
}

/// A directory, and the home that it lives in.
pub(crate) fn directory(name: &str) -> (TestWallet, Directory) {
    let home = TestWallet::empty();
    let created = Directory::create(&home.wallet(), &TestWallet::passphrase(), name);
    let directory = created.unwrap();
    (home, directory)
}

pub(crate) fn read(path: &str) -> Vec<u8> {
    fs::read(path).unwrap()
}

fn quiet(_: u64, _: Option<u64>) {}
