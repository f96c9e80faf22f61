//! A consent: from a request that comes in to what a clinic opens; 100 records of all that are there.

use std::io::{Cursor, sink};

use patient_wallet::Requester;
use patient_wallet::consent::{
    CategorySet, ConsentToken, DateRange, Expected, Flags, Narrowing, Purpose, RequesterClass,
};
use patient_wallet::host::{CancelToken, ProgressListener, Timestamp};
use patient_wallet::record::LabelSet;
use patient_wallet::requester::Ask;
use patient_wallet::session::{Approved, Query, Session};
use patient_wallet::testing::TestWallet;
use patient_wallet_bench_peer::{Figures, Result};

/// A consent with what was disclosed under it.
type Given = (Approved, Vec<u8>);

/// Asks, reviews, approves, verifies and opens, some times each.
///
/// # Errors
/// When anything goes wrong, or another number of records came out than went in.
pub(crate) fn measure(session: &mut Session, figures: &mut Figures) -> Result<()> {
    let (home, passphrase) = (TestWallet::empty(), TestWallet::passphrase());
    let class = RequesterClass::Clinician;
    let mut clinic = Requester::create(&home.wallet(), &passphrase, "Dr. Chen", class)?;
    let asks: Vec<_> =
        (0..TIMES).map(|_| clinic.request(&ask())).collect::<std::result::Result<_, _>>()?;
    let (narrowing, released) = newest(session)?;
    let mut given: Vec<Given> = Vec::new();
    figures.time_each("approve", &asks, |request| {
        let id = session.receive_request(request)?.id;
        let review = session.review(id, &narrowing)?;
        let mut out = Vec::new();
        let approved = session.approve(&review.digest, &mut out, SILENT, &CancelToken::new())?;
        given.push((approved, out));
        Ok(())
    })?;
    if given.iter().any(|(approved, _)| approved.released != released) {
        return Err("another number of records was disclosed".into());
    }
    let waiting = session.receive_request(&clinic.request(&ask())?)?.id;
    figures.time("review", TIMES, || {
        (0..TIMES).try_for_each(|_| {
            session.review(waiting, &narrowing)?;
            Ok(())
        })
    })?;
    let reader = clinic.profile()?.key;
    let expected = Expected { reader: &reader, pinned: None, was_known: false };
    let now = given.first().ok_or("nothing was given")?.0.consent.not_before;
    figures.time("token", TIMES * given.len(), || {
        (0..TIMES).try_for_each(|_| verify(&given, &expected, now))
    })?;
    figures.time_each("open-disclosed", &given, |given| open(&mut clinic, given, released))?;
    Ok(clinic.lock()?)
}

fn verify(given: &[Given], expected: &Expected<'_>, now: Timestamp) -> Result<()> {
    for (approved, _) in given {
        ConsentToken::verify(&approved.token, expected, now, None)?;
    }
    Ok(())
}

/// Checks everything and copies it to where nothing is kept.
fn open(clinic: &mut Requester, (approved, out): &Given, released: usize) -> Result<()> {
    let cancel = CancelToken::new();
    let mut opened = clinic.open(&approved.token, Cursor::new(out), None, SILENT, &cancel)?;
    if opened.parts().len() != released {
        return Err("another number of records was opened".into());
    }
    for part in 0..released {
        opened.copy(part, &mut sink(), SILENT, &cancel)?;
    }
    Ok(())
}

fn ask() -> Ask {
    Ask {
        categories: CategorySet::ALL,
        labels: LabelSet::EMPTY,
        purpose: Purpose::Treatment,
        dates: None,
        seconds: None,
        retain_seconds: 7 * DAY,
        flags: Flags::NONE,
        text: None,
        response: None,
        valid_seconds: DAY,
        patient: None,
    }
}

/// Gives the terms that release the newest records, about a hundred, and how many these are.
fn newest(session: &mut Session) -> Result<(Narrowing, usize)> {
    let ids = session.find(&Query { limit: Some(RELEASED + 1), ..Query::default() })?.ids;
    let mut days = Vec::new();
    for id in ids {
        days.push(session.record(id)?.date.ok_or("a record without a date")?.start());
    }
    let before = *days.get(RELEASED).ok_or("too few records")?;
    // A day is inside or outside with all that happened on it.
    days.retain(|day| *day > before);
    let first = days.last().ok_or("all on one day")?;
    Ok((Narrowing::new().dates(DateRange::new(Some(*first), None)?), days.len()))
}

const SILENT: &dyn ProgressListener = &|_: u64, _: Option<u64>| {};
const DAY: u64 = 24 * 60 * 60;
const RELEASED: usize = 100;
const TIMES: usize = 10;
