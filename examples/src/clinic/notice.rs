//! `wallet clinic notice`

use std::io;
use std::path::PathBuf;

use clap::Args;
use patient_wallet::Requester;
use patient_wallet::consent::{ConsentError, NoticeKind};
use patient_wallet::requester::{Copies, GivenReceipt, Noticed};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::answer::{Answer, Tell};
use crate::clinic::beside::{self, About, PAGE};
use crate::clinic::erase::{self, Left};
use crate::clinic::handed::{self, Handed, Places};
use crate::context::Context;
use crate::errors::Failure;
use crate::screen::{Screen, many};
use crate::{confirm, envelope, files};

/// Takes in what a patient corrected or wants erased, applies it, and signs the answer
///
/// A correction marks the old version on the page of every folder that it was opened into. A wish
/// that everything be erased asks first, then does what wallet clinic erase does.
#[derive(Args, Debug)]
pub(super) struct Notice {
    /// The notices: files, - or their texts
    #[arg(required = true)]
    notices: Vec<PathBuf>,
    /// Writes the answer to this file, several into this folder; else their texts go to stdout
    #[arg(short, long = "output", value_name = "STATEMENT", value_parser = files::named)]
    output: Option<PathBuf>,
}

#[derive(Serialize)]
struct Applied {
    notices: Vec<NoticeShape>,
    answers: Vec<Handed<AnswerShape>>,
}

#[derive(Serialize)]
struct NoticeShape {
    notice: String,
    kind: &'static str,
    at: String,
    consents: Vec<String>,
    records: Vec<String>,
    text: Option<String>,
    /// The pages that were marked.
    marked: Vec<PathBuf>,
    #[serde(flatten)]
    left: Left,
}

#[derive(Serialize)]
struct AnswerShape {
    kind: &'static str,
    consent: String,
}

/// What answers the notices.
enum Signed {
    Receipt(Box<GivenReceipt>),
    Statement(patient_wallet::consent::ConsentId, Vec<u8>),
}

impl Notice {
    /// Refuses to read two things from standard input.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        let standard = self.notices.iter().filter(|notice| files::is_standard(notice)).count();
        if standard < 2 {
            return Ok(());
        }
        let kind = clap::error::ErrorKind::ArgumentConflict;
        Err(crate::cli::usage(kind, "only one of them can be standard input"))
    }

    /// Applies the notices.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let read = self.notices.iter().map(|notice| envelope::read(notice));
        let envelopes = read.collect::<Result<Vec<Zeroizing<Vec<u8>>>, _>>()?;
        let mut clinic = context.requester()?;
        let mut told = Vec::new();
        // Every one is read before the first is applied.
        for envelope in &envelopes {
            told.push(clinic.read_notice(envelope)?);
        }
        let is_wish = |noticed: &&Noticed| noticed.notice.kind() == NoticeKind::ErasureWish;
        let wished: Vec<_> =
            told.iter().filter(is_wish).flat_map(|noticed| noticed.consents.clone()).collect();
        if !wished.is_empty() {
            confirm::ask(context, &erase::question(&mut clinic, &wished)?, "yes")?;
        }
        let count = told.iter().map(|noticed| match noticed.notice.kind() {
            NoticeKind::Correction => 1,
            NoticeKind::ErasureWish => noticed.notice.consents().len(),
        });
        let places = Places::find(self.output.as_deref(), count.sum())?;
        let (mut notices, mut signed) = (Vec::new(), Vec::new());
        for (envelope, noticed) in envelopes.iter().zip(told) {
            notices.push(apply(&mut clinic, envelope, &noticed, &mut signed)?);
        }
        let answers = put(&mut clinic, places, signed)?;
        context.lock(clinic);
        Ok(Box::new(Applied { notices, answers }))
    }
}

/// Applies one notice: the pages first, so that what is signed is true.
fn apply(
    clinic: &mut Requester,
    envelope: &[u8],
    noticed: &Noticed,
    signed: &mut Vec<Signed>,
) -> Result<NoticeShape, Failure> {
    let mut shape = NoticeShape::of(noticed);
    if noticed.notice.kind() == NoticeKind::Correction {
        (shape.marked, shape.left.missing) = mark(clinic, noticed)?;
        let answer = clinic.apply_notice(envelope)?.answer;
        signed.extend(answer.map(|answer| Signed::Receipt(Box::new(answer))));
        return Ok(shape);
    }
    clinic.apply_notice(envelope)?;
    for consent in noticed.notice.consents() {
        match erase::erased(clinic, *consent) {
            Ok((statement, left)) => {
                shape.left.add(left);
                signed.push(Signed::Statement(*consent, statement));
            }
            // The patient gave it, and it never came here.
            Err(patient_wallet::Error::Consent(ConsentError::NotFound)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(shape)
}

/// Marks what was corrected on the page of each folder; gives the pages, and the folders that are
/// not there any more.
fn mark(
    clinic: &mut Requester,
    noticed: &Noticed,
) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let mut corrected = clinic.corrections(noticed.notice.key())?;
    for alias in noticed.notice.records() {
        let at = corrected.entry(*alias).or_insert_with(|| noticed.notice.issued_at());
        *at = noticed.notice.issued_at().max(*at);
    }
    let reader = clinic.profile()?;
    let held = clinic.consents()?;
    let (mut marked, mut missing) = (Vec::new(), Vec::new());
    for copies in &noticed.folders {
        let token = held.iter().map(|held| &held.token).find(|it| it.id() == copies.consent);
        let Some(token) = token.filter(|_| is_there(copies)) else {
            missing.push(copies.folder.clone());
            continue;
        };
        let (opened, signed) = (copies.opened_at, copies.signed_at);
        let about = About { token, reader: &reader, opened, signed, corrected: &corrected };
        clinic.keep_beside(copies, PAGE)?;
        beside::write_again(copies, &about)?;
        marked.push(copies.folder.join(PAGE));
    }
    Ok((marked, missing))
}

fn is_there(copies: &Copies) -> bool {
    std::fs::symlink_metadata(&copies.folder).is_ok_and(|found| found.is_dir())
}

fn put(
    clinic: &mut Requester,
    places: Places,
    signed: Vec<Signed>,
) -> Result<Vec<Handed<AnswerShape>>, Failure> {
    let (mut facts, mut named, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for signed in signed {
        let (kind, consent) = match signed {
            Signed::Receipt(given) => {
                let (id, consent) = (given.receipt.id(), given.receipt.consent());
                let digits: String = id.to_string().chars().take(8).collect();
                named.push((format!("applied-{digits}.pmw-ar"), given.envelope));
                ids.push(id);
                ("receipt", consent)
            }
            Signed::Statement(consent, statement) => {
                named.push((erase::name(consent), statement));
                ("statement", consent)
            }
        };
        facts.push(AnswerShape { kind, consent: consent.to_string() });
    }
    let put = places.put(named)?;
    clinic.mark_given(&ids)?;
    Ok(Handed::all(facts, put))
}

impl NoticeShape {
    fn of(noticed: &Noticed) -> Self {
        let notice = &noticed.notice;
        Self {
            notice: crate::ids::hex(notice.id()),
            kind: notice.kind().word(),
            at: notice.issued_at().to_string(),
            consents: notice.consents().iter().map(ToString::to_string).collect(),
            records: notice.records().iter().map(ToString::to_string).collect(),
            text: notice.text().map(str::to_owned),
            marked: Vec::new(),
            left: Left::default(),
        }
    }
}

impl Tell for Applied {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        // Where a text is the answer, nothing stands beside it.
        if self.answers.iter().any(|answer| answer.put.file().is_none()) {
            return handed::tell(&self.answers, "answer", screen);
        }
        for notice in &self.notices {
            if notice.kind == NoticeKind::Correction.word() {
                let records = many(&notice.records, "record");
                screen.paragraph(&format!("The patient corrected {records} on {}.", notice.at))?;
            } else {
                screen.paragraph("The patient wanted everything erased, and it is.")?;
            }
            for page in &notice.marked {
                screen.fact("marked", &files::shown(page))?;
            }
            notice.left.tell(screen)?;
        }
        handed::tell(&self.answers, "answer", screen)
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.answers.iter_mut().find_map(|answer| answer.put.shortfall())
    }
}
