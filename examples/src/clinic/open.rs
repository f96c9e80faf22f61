//! `wallet clinic open`

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::error::ErrorKind;
use patient_wallet::file::NewFolder;
use patient_wallet::host::CancelToken;
use patient_wallet::record::Text;
use patient_wallet::requester::{self, Checked, CopiedPart, WrittenPart};
use patient_wallet::{Error, Requester};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::clinic::beside::{self, About, PAGE};
use crate::clinic::handed::Places;
use crate::clinic::receipt;
use crate::clinic::revocations::{self, Arrived};
use crate::clinic::shapes::ConsentShape;
use crate::clinic::spool::Source;
use crate::clinic::terms;
use crate::context::Context;
use crate::errors::Failure;
use crate::screen::{Screen, counted};
use crate::{cli, envelope, files, ids, progress};

/// Opens what a patient disclosed into a new folder, with a page to read it; needs no network
#[derive(Args, Debug)]
pub(super) struct Open {
    /// The consent: a file, - or its text
    token: PathBuf,
    /// The disclosure: a file, or - for standard input
    disclosure: PathBuf,
    #[command(flatten)]
    arrived: Arrived,
    /// Your own name for the patient; a new one is kept with the key, a known one has that key
    #[arg(long, value_name = "NAME", value_parser = terms::name)]
    patient: Option<String>,
    /// Who reads, which the receipt says to the patient
    #[arg(long, value_name = "PERSON", value_parser = terms::name)]
    by: Option<String>,
    /// Writes the receipt for the patient; else wallet clinic receipt hands it out
    #[arg(long, value_name = "F", value_parser = files::named)]
    receipt_out: Option<PathBuf>,
    /// The folder, which must not be there yet
    #[arg(short, long = "output", value_name = "DIR", value_parser = files::named)]
    output: PathBuf,
}

#[derive(Serialize)]
struct Opened {
    files: Vec<Written>,
    /// The id of the receipt that was signed; the patient is owed it.
    receipt_due: String,
    receipt_file: Option<PathBuf>,
    #[serde(skip)]
    failure: Option<Failure>,
    #[serde(skip)]
    folder: PathBuf,
    #[serde(skip)]
    records: usize,
    #[serde(skip)]
    consent: ConsentShape,
}

/// A file that was written.
#[derive(Serialize)]
struct Written {
    /// The alias of the record: the only name that it has here.
    record: String,
    path: PathBuf,
    sha256: String,
}

impl Open {
    /// Refuses to read two things from standard input.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        let token = files::is_standard(&self.token);
        let standard = [token, files::is_standard(&self.disclosure), self.arrived.has_standard()];
        if standard.into_iter().filter(|is_standard| *is_standard).count() < 2 {
            return Ok(());
        }
        Err(cli::usage(ErrorKind::ArgumentConflict, "only one of them can be standard input"))
    }

    /// Opens the disclosure and writes the folder.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let token = envelope::read(&self.token)?;
        let arrived = self.arrived.read()?;
        context.clinic()?;
        let source = Source::open(&self.disclosure, &context.home()?)?;
        let refused = |error| files::within(&self.output, error);
        let mut folder = NewFolder::begin(&self.output).map_err(|error| refused(error.into()))?;
        let places = Places::find(self.receipt_out.as_deref(), 1)?;
        let mut clinic = context.requester()?;
        revocations::remember(&mut clinic, &arrived)?;
        let checked = self.checked(&mut clinic, &token, &source)?;
        let page = beside::length(&checked);
        let mut opened = checked.begin_in(&mut clinic, &mut folder, &[page]).map_err(refused)?;
        let written = self.write(&mut folder, &mut opened).map_err(refused)?;
        self.show(&mut clinic, &mut folder, &mut opened, &written).map_err(refused)?;
        folder.finish().map_err(|error| refused(error.into()))?;
        let receipt = opened.receipt().clone();
        let receipt_due = receipt.receipt.id().to_string();
        let mut put = match self.receipt_out {
            Some(_) => receipt::hand_out(&mut clinic, places, vec![receipt])?.pop(),
            None => None,
        };
        let reader = clinic.profile()?.did.to_string();
        context.lock(clinic);
        let records = written.iter().filter(|written| written.part.file().is_none()).count();
        Ok(Box::new(Opened {
            files: written.iter().map(|written| Written::of(written, &self.output)).collect(),
            receipt_due,
            receipt_file: put.as_ref().and_then(|put| put.put.file()).map(Path::to_owned),
            failure: put.as_mut().and_then(|put| put.put.shortfall()),
            folder: self.output.clone(),
            records,
            consent: ConsentShape::of(opened.verified().consent.token(), &reader),
        }))
    }

    fn checked<'a>(
        &self,
        clinic: &mut Requester,
        token: &[u8],
        source: &'a Source,
    ) -> Result<Checked<&'a File>, Failure> {
        let patient = self.patient.as_deref().map(Text::from);
        let bar = progress::bytes(&self.disclosure, source.length());
        let moved = |done, total| progress::moved(&bar, done, total);
        let cancel = CancelToken::new();
        let checked = clinic.check(token, &source.file, patient.as_ref(), &moved, &cancel);
        bar.finish_and_clear();
        let checked = checked?;
        Ok(match &self.by {
            Some(person) => checked.by(Text::from(person.as_str())),
            None => checked,
        })
    }

    /// Writes the page, and remembers what stands in the folder before it gets its name. What the
    /// patient has corrected since is marked at once.
    fn show(
        &self,
        clinic: &mut Requester,
        folder: &mut NewFolder,
        opened: &mut requester::Opened<&File>,
        written: &[WrittenPart],
    ) -> Result<(), Error> {
        let consent = opened.verified().consent.clone();
        let (reader, corrected) = (clinic.profile()?, clinic.corrections(consent.patient_key())?);
        let about = About {
            token: consent.token(),
            reader: &reader,
            opened: opened.receipt().receipt.at(),
            signed: opened.signed_at(),
            corrected: &corrected,
        };
        let parts: Vec<CopiedPart> = written.iter().map(CopiedPart::from).collect();
        beside::write(folder, opened, &parts, &about)?;
        opened.keep(clinic, written, &[PAGE])
    }

    fn write(
        &self,
        folder: &mut NewFolder,
        opened: &mut requester::Opened<&File>,
    ) -> Result<Vec<WrittenPart>, Error> {
        let bar = progress::bytes(Path::new("writing"), None);
        let written = opened.write(folder, &|done, total| progress::moved(&bar, done, total));
        bar.finish_and_clear();
        written
    }
}

impl Written {
    fn of(written: &WrittenPart, folder: &Path) -> Self {
        Self {
            record: written.part.alias().to_string(),
            path: folder.join(written.path.as_str()),
            sha256: ids::hex(&written.sha256),
        }
    }
}

impl Tell for Opened {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let count = |number: usize, what| counted(u64::try_from(number).unwrap_or(u64::MAX), what);
        let (folder, records) = (self.folder.display(), count(self.records, "record"));
        let what = match self.files.len() - self.records {
            0 => records,
            files => format!("{records} and {}", count(files, "file")),
        };
        screen.paragraph(&format!("{what} in {folder}, in clear: keep the folder safe."))?;
        screen.paragraph(&format!("{} shows them.", self.folder.join(PAGE).display()))?;
        let ConsentShape { expires_at, erase_by, flags, .. } = &self.consent;
        screen.fact("valid until", expires_at)?;
        screen.fact("erase by", erase_by)?;
        match &self.receipt_file {
            Some(file) => screen.fact("receipt", &file.display().to_string())?,
            None => screen.fact("receipt", "wallet clinic receipt hands it out to the patient")?,
        }
        if flags.is_empty() { Ok(()) } else { screen.fact("terms", &flags.join(", ")) }
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.failure.take()
    }
}
