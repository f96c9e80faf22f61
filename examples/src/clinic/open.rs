//! `wallet clinic open`

use std::io;
use std::path::PathBuf;

use clap::Args;
use clap::error::ErrorKind;
use patient_wallet::consent::Flags;
use patient_wallet::host::CancelToken;
use patient_wallet::record::Text;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::clinic::folder::NewFolder;
use crate::clinic::revocations::{self, Arrived};
use crate::clinic::shapes::ConsentShape;
use crate::clinic::spool::Source;
use crate::clinic::terms;
use crate::clinic::writer::{self, PAGE, Writer, Written};
use crate::context::Context;
use crate::errors::Failure;
use crate::screen::{Screen, counted};
use crate::{cli, envelope, files, progress};

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
    /// The folder, which must not be there yet
    #[arg(short, long = "output", value_name = "DIR", value_parser = files::named)]
    output: PathBuf,
}

#[derive(Serialize)]
struct Opened {
    files: Vec<Written>,
    receipt_due: Option<String>,
    #[serde(skip)]
    folder: PathBuf,
    #[serde(skip)]
    records: usize,
    #[serde(skip)]
    consent: ConsentShape,
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
        let mut folder = NewFolder::begin(&self.output)?;
        let mut clinic = context.requester()?;
        revocations::remember(&mut clinic, &arrived)?;
        let reader = clinic.profile()?;
        let patient = self.patient.as_deref().map(Text::from);
        let bar = progress::bytes(&self.disclosure, source.length());
        let moved = |done, total| progress::moved(&bar, done, total);
        let cancel = CancelToken::new();
        let checked = clinic.check(&token, &source.file, patient.as_ref(), &moved, &cancel);
        bar.finish_and_clear();
        let checked = checked?;
        if checked.verified().consent.scope().flags().contains(Flags::SINGLE_USE) {
            // It opens once: what then finds no room would be lost.
            folder.take_room(writer::room(&checked))?;
        }
        let opened = checked.begin(&mut clinic)?;
        context.lock(clinic);
        let token = opened.verified().consent.token();
        let consent = ConsentShape::of(token, &reader.did.to_string());
        let mut writer = Writer::new(folder, opened);
        writer.write()?;
        let records = writer.records();
        let files = writer.finish(&reader, context.now())?;
        let folder = self.output.clone();
        Ok(Box::new(Opened { files, receipt_due: None, folder, records, consent }))
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
        if flags.is_empty() { Ok(()) } else { screen.fact("terms", &flags.join(", ")) }
    }
}
