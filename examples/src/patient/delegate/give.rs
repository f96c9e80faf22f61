//! The patient's side: letting somebody act, ending it, and what they report.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::error::ErrorKind;
use patient_wallet::Error;
use patient_wallet::consent::{Flags, ProxyAct, ProxyActs, Purpose, Relation};
use patient_wallet::file::{NewFile, Output as _};
use patient_wallet::host::Timestamp;
use patient_wallet::record::{Category, RecordDate, SensitivityLabel, Text};
use patient_wallet::session::{Delegating, Taken as Reported, Whom};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::patient::delegate::list::DelegationShape;
use crate::patient::revoke::Places;
use crate::patient::{filters, revoke};
use crate::screen::{Screen, counted};
use crate::{cli, clock, confirm, envelope, files, ids};

/// Lets somebody act for you, and writes the packet for them: delegations and records
#[derive(Args, Debug)]
pub(super) struct Add {
    /// Their offer: a file, - or its PMW1: text
    offer: PathBuf,
    /// Who they are to you: parent, child or carer; a parent acts until you are of age
    #[arg(long = "as", value_name = "WHO")]
    relation: Relation,
    /// Contacts of clinics that they may answer
    #[arg(long, value_name = "CONTACT", num_args = 1..)]
    to: Vec<PathBuf>,
    /// DIDs of clinics that you have answered before and that they may answer
    #[arg(long, value_name = "DID", num_args = 1..)]
    known: Vec<String>,
    /// What they may give and see: laboratory, medications, allergies, ...
    #[arg(long, value_name = "C,..", value_delimiter = ',', value_parser = filters::category,
        required = true)]
    only: Vec<Category>,
    /// No record under these labels, neither to give nor to see
    #[arg(long, value_name = "L,..", value_delimiter = ',', value_parser = filters::label)]
    deny: Vec<SensitivityLabel>,
    /// What they may give for: treatment, emergency, ...
    #[arg(long, value_name = "P,..", value_delimiter = ',', default_value = "treatment")]
    purpose: Vec<Purpose>,
    /// What they may do: read, approve, deny
    #[arg(long, value_name = "ACT,..", value_delimiter = ',', default_value = "read,approve,deny")]
    may: Vec<ProxyAct>,
    /// Every consent of theirs forbids passing on
    #[arg(long)]
    no_onward: bool,
    /// Until this moment, such as 2026-04-02T10:00:00Z; else for a year
    #[arg(long, value_name = "T", value_parser = clock::moment)]
    until: Option<Timestamp>,
    /// The longest life of a consent of theirs, such as 48h or 7d
    #[arg(long, value_name = "TIME", value_parser = clock::duration, default_value = "7d")]
    longest: u64,
    /// When you were born, where your record does not say it
    #[arg(long, value_name = "D", value_parser = filters::date)]
    born: Option<RecordDate>,
    /// The packet, sealed to them
    #[arg(short, long = "output", value_name = "FILE", value_parser = files::named)]
    output: PathBuf,
}

/// Writes the packet anew, with the records as they are now
#[derive(Args, Debug)]
pub(super) struct PacketOf {
    /// Id of the delegation, or its beginning
    id: String,
    /// The packet, sealed to them
    #[arg(short, long = "output", value_name = "FILE", value_parser = files::named)]
    output: PathBuf,
}

/// Ends that somebody acts for you: one signed revocation for each clinic
#[derive(Args, Debug)]
pub(super) struct End {
    /// Id of the delegation, or its beginning
    id: String,
    /// Folder for the revocations
    #[arg(short, long = "output", value_name = "DIR", value_parser = files::named)]
    output: PathBuf,
}

/// Takes in what somebody reports who acts for you
#[derive(Args, Debug)]
pub(super) struct Take {
    /// The report
    report: PathBuf,
}

#[derive(Serialize)]
struct Given {
    delegation: DelegationShape,
    records: usize,
    file: PathBuf,
}

#[derive(Serialize)]
struct Taken {
    taken: Vec<One>,
}

#[derive(Serialize)]
struct One {
    by: String,
    audience: String,
    at: String,
    consent: Option<String>,
    denied: Option<String>,
    records: usize,
    is_new: bool,
}

impl Add {
    /// Demands somebody whom they may answer.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        if self.to.is_empty() && self.known.is_empty() {
            let missing = "--to or --known says whom they may answer";
            return Err(cli::usage(ErrorKind::MissingRequiredArgument, missing));
        }
        Ok(())
    }

    /// Signs the delegations and writes the packet.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let file = files::begin(&self.output, false)?;
        confirm::demand(context)?;
        let offer = envelope::read(&self.offer)?;
        let mut requesters = Vec::new();
        for contact in &self.to {
            requesters.push(Whom::Contact(envelope::read(contact)?.to_vec()));
        }
        requesters.extend(self.known.iter().map(|did| Whom::Known(Text::from(did.as_str()))));
        let year = context.now().unix().saturating_add(YEAR);
        let until = self.until.unwrap_or_else(|| Timestamp::from_unix(year));
        let new = Delegating {
            offer: &offer,
            relation: self.relation,
            requesters: &requesters,
            categories: self.only.iter().copied().collect(),
            deny: self.deny.iter().copied().collect(),
            purposes: &self.purpose,
            acts: ProxyActs::new(&self.may).map_err(Error::from)?,
            flags: if self.no_onward { Flags::NO_ONWARD } else { Flags::NONE },
            until,
            longest: self.longest,
            born: self.born,
        };
        let question = format!(
            "They may {} for you until {}. What they have read cannot be called back.",
            new.acts, new.until
        );
        confirm::ask(context, &question, "yes")?;
        let mut session = context.unlock()?;
        let given = session.delegate(&new)?;
        context.lock(session);
        written(file, &self.output, &given.packet)?;
        let delegation = DelegationShape::from(&given.delegation);
        Ok(Box::new(Given { delegation, records: given.records, file: self.output.clone() }))
    }
}

impl PacketOf {
    /// Writes the packet.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let file = files::begin(&self.output, false)?;
        let mut session = context.unlock()?;
        let all = session.delegations()?;
        let id = ids::among(&self.id, all.iter().map(|one| one.id))?;
        let given = session.delegation_packet(id)?;
        context.lock(session);
        written(file, &self.output, &given.packet)?;
        let delegation = DelegationShape::from(&given.delegation);
        Ok(Box::new(Given { delegation, records: given.records, file: self.output.clone() }))
    }
}

impl End {
    /// Signs the revocations and writes them.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        if !self.output.is_dir() {
            let folder = "-o names a folder that is there";
            return Err(Failure::Usage(cli::usage(ErrorKind::ValueValidation, folder)));
        }
        confirm::demand(context)?;
        let mut session = context.unlock()?;
        let all = session.delegations()?;
        let id = ids::among(&self.id, all.iter().map(|one| one.id))?;
        confirm::ask(context, "Nobody acts for you under it any more.", "yes")?;
        let revoked = session.end_delegation(id)?;
        context.lock(session);
        Ok(Box::new(revoke::Revoked::of(Places::Folder(self.output.clone()), revoked)?))
    }
}

impl Take {
    /// Takes the report in.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let report = files::read_input(&self.report, LARGEST)?;
        let mut session = context.unlock()?;
        let taken = session.take_report(&report)?.iter().map(One::from).collect();
        context.lock(session);
        Ok(Box::new(Taken { taken }))
    }
}

impl From<&Reported> for One {
    fn from(one: &Reported) -> Self {
        Self {
            by: one.by.as_str().to_owned(),
            audience: one.audience.as_str().to_owned(),
            at: one.at.to_string(),
            consent: one.consent.map(|id| id.to_string()),
            denied: one.denied.map(|id| id.to_string()),
            records: one.records,
            is_new: one.is_new,
        }
    }
}

impl Tell for Given {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let (name, until) = (&self.delegation.name, &self.delegation.until);
        let records = counted(u64::try_from(self.records).unwrap_or(u64::MAX), "record");
        screen.paragraph(&format!("{name} may act for you until {until}, with {records}."))?;
        screen.fact("id", &self.delegation.id)?;
        screen.fact("packet, for them", &self.file.display().to_string())
    }
}

impl Tell for Taken {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.taken.is_empty() {
            return writeln!(screen, "Nothing was signed in your name.");
        }
        for one in &self.taken {
            let what = match &one.consent {
                Some(id) => format!("gave {} records, consent {id}", one.records),
                None => "denied a request".to_owned(),
            };
            let known = if one.is_new { "" } else { " (known already)" };
            let told = format!("{}: {} {what} to {}{known}.", one.at, one.by, one.audience);
            screen.paragraph(&told)?;
        }
        Ok(())
    }
}

/// Writes what is sealed into its file.
pub(super) fn written(mut file: NewFile, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    file.write_all(bytes).map_err(|error| files::unwritable(path, error.kind()))?;
    file.finish().map_err(|error| files::at(path, error))
}

/// Bytes of a packet or a report.
pub(super) const LARGEST: u64 = 33 << 20;
/// The longest that is assumed when nothing is said: a year, in seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;
