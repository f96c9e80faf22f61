//! From what was shown to what leaves: asks, signs, writes token and disclosure, tells where.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::error::ErrorKind;
use patient_wallet::consent::ConsentError;
use patient_wallet::disclosure::DisclosureError;
use patient_wallet::file::{FileError, NewFile, Output};
use patient_wallet::host::CancelToken;
use patient_wallet::session::Approved;
use patient_wallet::{Error, Session};
use serde::Serialize;

use crate::answer::{Answer, Said, Tell};
use crate::context::{Aside, Context};
use crate::envelope::{Place, Put, Shown};
use crate::errors::Failure;
use crate::patient::review::{Preview, leaving, minute, name_of};
use crate::screen::{Screen, counted};
use crate::shapes::consent::ConsentShape;
use crate::{cli, confirm, files, progress};

/// Where token and disclosure go.
#[derive(Args, Debug)]
pub(crate) struct Outputs {
    /// Writes the token: .png, .svg and .txt show its QR code; else its text goes to stdout
    #[arg(long, value_name = "FILE", value_parser = files::named)]
    token_out: Option<PathBuf>,
    /// Writes the disclosure; - for standard output, when the token has a file
    #[arg(long, value_name = "FILE")]
    disclosure_out: PathBuf,
    #[command(flatten)]
    shown: Shown,
}

impl Outputs {
    /// Refuses both on stdout.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        if files::is_standard(&self.disclosure_out) && self.token_out.is_none() {
            let both = "--disclosure-out - needs --token-out: stdout is for one of them";
            return Err(cli::usage(ErrorKind::MissingRequiredArgument, both));
        }
        Ok(())
    }

    /// Finds both places; no file is ever replaced.
    pub(crate) fn find(&self, context: &Context) -> Result<Places, Failure> {
        let token = Place::find(self.token_out.as_deref(), self.shown)?;
        Ok(Places { token, disclosure: Sink::find(&self.disclosure_out, context)? })
    }
}

/// Where token and disclosure will go.
pub(crate) struct Places {
    pub(crate) token: Place,
    pub(crate) disclosure: Sink,
}

/// Where a disclosure will go: it may be larger than memory.
pub(crate) enum Sink {
    File(PathBuf, NewFile),
    Standard(BufWriter<Stdout>),
}

impl Sink {
    /// Finds the place before anything is signed.
    pub(crate) fn find(path: &Path, context: &Context) -> Result<Self, Failure> {
        if !files::is_standard(path) {
            return Ok(Self::File(path.to_owned(), files::begin(path, false)?));
        }
        if context.json() {
            let both = "--disclosure-out - and --json: stdout is for one of them";
            return Err(Failure::Usage(cli::usage(ErrorKind::ArgumentConflict, both)));
        }
        Ok(Self::Standard(BufWriter::new(io::stdout())))
    }

    /// Lets `work` write, with a bar; tells the file.
    pub(crate) fn fill<T>(
        self,
        work: impl FnOnce(Self, &dyn Fn(u64, Option<u64>)) -> Result<T, Error>,
    ) -> Result<(T, Option<PathBuf>), Failure> {
        let file = match &self {
            Self::File(path, _) => Some(path.clone()),
            Self::Standard(_) => None,
        };
        let bar = progress::bytes(file.as_deref().unwrap_or_else(|| Path::new("disclosure")), None);
        let done = work(self, &|done, total| progress::moved(&bar, done, total));
        bar.finish_and_clear();
        done.map(|done| (done, file)).map_err(standing)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(_, file) => file.write(bytes),
            Self::Standard(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(_, file) => file.flush(),
            Self::Standard(out) => out.flush(),
        }
    }
}

impl Output for Sink {
    fn finish(self) -> Result<(), FileError> {
        match self {
            Self::File(_, file) => file.finish(),
            Self::Standard(mut out) => out.flush().map_err(FileError::unwritable),
        }
    }
}

/// Shows what was reviewed, asks, signs it, writes it.
pub(crate) fn give(
    context: &Context,
    mut session: Session,
    preview: &Preview,
    places: Places,
) -> Result<Box<dyn Answer>, Failure> {
    show(context, preview);
    if preview.release.is_empty() {
        return Err(ConsentError::NothingToRelease.into());
    }
    let question = format!(
        "{} gets {} until {} UTC. What has been read cannot be called back.",
        name_of(&preview.who),
        leaving(&preview.release, &preview.files),
        minute(preview.grant.expires_at()),
    );
    confirm::ask(context, &question, "yes")?;
    let Places { token, disclosure } = places;
    let (approved, file) = disclosure
        .fill(|out, moved| session.approve(&preview.digest, out, &moved, &CancelToken::new()))?;
    context.lock(session);
    let withheld = Some(preview.withhold.len());
    Ok(Given::answer(context, &approved, withheld, Some(token.put(&approved.token)?), file))
}

/// Shows it beside the answer.
pub(crate) fn show(context: &Context, shown: &dyn Tell) {
    // Where that is closed, there is nobody to show it to.
    let _ = match context.aside() {
        Aside::Stderr => {
            let mut out = BufWriter::new(io::stderr().lock());
            shown.tell(&mut Screen::stderr(&mut out)).and_then(|()| writeln!(out))
        }
        Aside::Stdout => {
            let mut out = BufWriter::new(io::stdout().lock());
            shown.tell(&mut Screen::stdout(&mut out)).and_then(|()| writeln!(out))
        }
        Aside::Nowhere => Ok(()),
    };
}

/// Says of a consent that stands without its disclosure how to go on.
fn standing(error: Error) -> Failure {
    let hint = match &error {
        Error::Disclosure(DisclosureError::Unwritten { consent, .. }) => Some(format!(
            "wallet refresh {consent} --again shows what it covers and writes it once more to \
             --disclosure-out, wallet revoke {consent} takes it back"
        )),
        _ => None,
    };
    Failure::Core(error, hint)
}

/// What was given, and where it is.
#[derive(Serialize)]
pub(crate) struct Given {
    consent: ConsentShape,
    released: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<usize>,
    token_file: Option<PathBuf>,
    disclosure_file: Option<PathBuf>,
    token: Option<String>,
    #[serde(skip)]
    told: String,
    #[serde(skip)]
    put: Option<Put>,
}

impl Given {
    /// Answers with what was given. Where stdout is for the token or the disclosure, a person is
    /// told of it on stderr.
    pub(crate) fn answer(
        context: &Context,
        approved: &Approved,
        withheld: Option<usize>,
        put: Option<Put>,
        file: Option<PathBuf>,
    ) -> Box<dyn Answer> {
        let mut given = Self {
            consent: ConsentShape::from(&approved.consent),
            released: approved.released,
            withheld,
            token_file: put.as_ref().and_then(Put::file).map(Path::to_owned),
            disclosure_file: file,
            token: put.as_ref().and_then(Put::text).map(str::to_owned),
            told: told(approved),
            put,
        };
        if context.json() {
            return Box::new(given);
        }
        if given.disclosure_file.is_none() {
            show(context, &given);
            return Box::new(Said(given.shortfall()));
        }
        if given.token.is_some() {
            show(context, &Told(&given));
        }
        Box::new(given)
    }

    fn tell_given(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.paragraph(&self.told)?;
        for (name, file) in [("token", &self.token_file), ("disclosure", &self.disclosure_file)] {
            if let Some(file) = file {
                screen.fact(name, &file.display().to_string())?;
            }
        }
        Ok(())
    }
}

/// Everything but the token itself.
struct Told<'a>(&'a Given);

impl Tell for Told<'_> {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        self.0.tell_given(screen)
    }
}

impl Tell for Given {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        // Nothing stands beside the text of a token.
        if self.token.is_none() {
            self.tell_given(screen)?;
        }
        self.put.as_ref().map_or(Ok(()), |put| put.tell(screen))
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.put.as_mut().and_then(Put::shortfall)
    }
}

fn told(approved: &Approved) -> String {
    let consent = &approved.consent;
    format!(
        "{} under consent {} for {}, until {} UTC.",
        counted(u64::try_from(approved.released).unwrap_or(u64::MAX), "record"),
        consent.id,
        consent.audience.as_str(),
        minute(consent.expires_at),
    )
}
