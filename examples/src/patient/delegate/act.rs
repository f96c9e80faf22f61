//! The side of whoever acts: offering, reading, answering, reporting.

use std::path::{Path, PathBuf};

use clap::Args;
use patient_wallet::Session;
use patient_wallet::consent::{ConsentError, Narrowing, ProxyAct};
use patient_wallet::host::CancelToken;
use patient_wallet::record::RecordId;
use patient_wallet::session::ReviewFor;

use crate::answer::{Answer, Said};
use crate::clinic::Made;
use crate::context::Context;
use crate::envelope::Output;
use crate::errors::Failure;
use crate::patient::delegate::give::{LARGEST, written};
use crate::patient::delegate::list::EntrustedShape;
use crate::patient::delegate::shapes::{
    Accepted, Facts, Given, Listed, RecordShape, Reported, Reviewed,
};
use crate::patient::giving::{Outputs, Places, show};
use crate::patient::terms::{Dates, Terms};
use crate::{confirm, envelope, files, ids};

/// Offers to act for a patient: they take it with `delegate add` within 30 days
#[derive(Args, Debug)]
pub(super) struct Offer {
    /// The name that you go by, which clinics see
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    output: Output,
}

/// Takes in what a patient handed over, or a newer packet of theirs
#[derive(Args, Debug)]
pub(super) struct Accept {
    /// The packet
    packet: PathBuf,
}

/// Shows the records of a patient whom you act for
#[derive(Args, Debug)]
pub(super) struct Records {
    /// Id of the patient's trust, or its beginning
    id: String,
}

/// Shows what an approval in a patient's name would release: nothing is granted by it
#[derive(Args, Debug)]
pub(super) struct Review {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    dates: Dates,
}

/// Answers a request in a patient's name with a consent
#[derive(Args, Debug)]
pub(super) struct Approve {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    dates: Dates,
}

/// Denies a request in a patient's name
#[derive(Args, Debug)]
pub(super) struct Deny {
    #[command(flatten)]
    asked: Asked,
    /// A reason, which they see
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// Reports to the patient what was signed in their name
#[derive(Args, Debug)]
pub(super) struct Report {
    /// Id of the patient's trust, or its beginning
    id: String,
    /// The report, sealed to the patient
    #[arg(short, long = "output", value_name = "FILE", value_parser = files::named)]
    output: PathBuf,
}

/// Which request, in whose name.
#[derive(Args, Debug)]
struct Asked {
    /// Id of the patient's trust, or its beginning
    id: String,
    /// The request: a file, - or its PMW1: text
    request: PathBuf,
}

macro_rules! forbidden {
    ($($(#[doc = $doc:literal])+ $name:ident = $act:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Args, Debug)]
        #[command(hide = true)]
        pub(super) struct $name {
            /// Id of the patient's trust, or its beginning
            id: String,
        }

        impl $name {
            /// Is refused by name.
            pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
                refused(context, &self.id, ProxyAct::$act)
            }
        }
    )+};
}

forbidden! {
    /// Lets somebody else act for a patient: nobody can allow it
    Pass = DelegateOn;
    /// Recovers a patient's keys: nobody can allow it
    Recover = Recover;
    /// Erases what is a patient's: nobody can allow it
    Erase = Erase;
}

impl Offer {
    /// Signs the offer.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = self.output.place()?;
        let mut session = context.unlock()?;
        let offer = session.offer_to_act(&self.name)?;
        context.lock(session);
        let (facts, advice) = (Facts { name: self.name.clone() }, "the offer, for the patient");
        Ok(Box::new(Made { facts, put: place.put(&offer)?, advice }))
    }
}

impl Accept {
    /// Takes the packet in.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let packet = files::read_input(&self.packet, LARGEST)?;
        let mut session = context.unlock()?;
        let entrusted = EntrustedShape::from(&session.accept_delegation(&packet)?);
        context.lock(session);
        Ok(Box::new(Accepted { entrusted }))
    }
}

impl Records {
    /// Shows the records.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let id = session.resolve_entrusted(&self.id.to_ascii_lowercase())?;
        let records = session.entrusted_records(id)?.iter().map(RecordShape::whole).collect();
        context.lock(session);
        Ok(Box::new(Listed { records }))
    }
}

impl Asked {
    fn read(&self, session: &mut Session) -> Result<(RecordId, Vec<u8>), Failure> {
        let id = session.resolve_entrusted(&self.id.to_ascii_lowercase())?;
        Ok((id, envelope::read(&self.request)?.to_vec()))
    }

    /// Reviews, on terms whose records are the patient's.
    fn review(
        &self,
        session: &mut Session,
        terms: &Terms,
        dates: Dates,
    ) -> Result<ReviewFor, Failure> {
        let (id, request) = self.read(session)?;
        let mut all = None;
        let narrowing: Narrowing = terms.narrowing_by(dates, |typed| {
            let all = match &mut all {
                Some(all) => all,
                none => none.insert(session.entrusted_records(id)?),
            };
            ids::among(typed, all.iter().map(|record| record.id))
        })?;
        Ok(session.review_for(id, &request, &narrowing)?)
    }
}

impl Review {
    /// Checks what no single argument shows.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        self.dates.range().map(drop)
    }

    /// Shows what would be released.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let review = self.asked.review(&mut session, &self.terms, self.dates)?;
        context.lock(session);
        Ok(Box::new(Reviewed::of(&review, &self.terms)?))
    }
}

impl Approve {
    /// Checks what no single argument shows.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        self.outputs.check()?;
        self.dates.range().map(drop)
    }

    /// Reviews, asks, signs and writes.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let places = self.outputs.find(context)?;
        confirm::demand(context)?;
        let mut session = context.unlock()?;
        let review = self.asked.review(&mut session, &self.terms, self.dates)?;
        show(context, &Reviewed::of(&review, &self.terms)?);
        if review.release.is_empty() {
            return Err(ConsentError::NothingToRelease.into());
        }
        let question = "You sign this in the patient's name. It cannot be called back.";
        confirm::ask(context, question, "yes")?;
        let Places { token, disclosure } = places;
        let (approved, file) = disclosure
            .fill(|out, moved| session.approve_for(&review, out, &moved, &CancelToken::new()))?;
        context.lock(session);
        let put = token.put(&approved.token)?;
        let given = Given {
            consent: approved.consent.to_string(),
            released: approved.released,
            token_file: put.file().map(Path::to_owned),
            disclosure_file: file,
            token: put.text().map(str::to_owned),
            put,
        };
        Ok(Box::new(given))
    }
}

impl Deny {
    /// Signs the answer.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = self.output.place()?;
        let mut session = context.unlock()?;
        let (id, request) = self.asked.read(&mut session)?;
        let denial = session.deny_for(id, &request, self.reason.as_deref())?;
        context.lock(session);
        let facts = Facts { name: id.to_string() };
        let advice = "the denial, for whoever asked";
        Ok(Box::new(Made { facts, put: place.put(&denial)?, advice }))
    }
}

impl Report {
    /// Writes the report.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let file = files::begin(&self.output, false)?;
        let mut session = context.look()?;
        let id = session.resolve_entrusted(&self.id.to_ascii_lowercase())?;
        let report = session.report(id)?;
        context.lock(session);
        written(file, &self.output, &report)?;
        Ok(Box::new(Reported { file: self.output.clone() }))
    }
}

/// Demands an act that nobody can allow.
fn refused(context: &Context, id: &str, act: ProxyAct) -> Result<Box<dyn Answer>, Failure> {
    let mut session = context.look()?;
    let id = session.resolve_entrusted(&id.to_ascii_lowercase())?;
    let refused = session.may_act_for(id, act);
    context.lock(session);
    refused?;
    Ok(Box::new(Said(None)))
}
