//! `wallet revoke`

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use clap::error::ErrorKind;
use patient_wallet::Session;
use patient_wallet::consent::{ConsentId, Revocation as Signed};
use patient_wallet::keys::DidKey;
use patient_wallet::session::Revoked as Revocation;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::envelope::{Place, Put, Shown};
use crate::errors::Failure;
use crate::screen::{Screen, many};
use crate::{cli, confirm, files};

/// Takes consents back: one signed revocation for each of those who have them
///
/// What was opened before cannot be called back. What was not opened cannot be any more once the
/// revocation has arrived. A lost revocation can be made again.
#[derive(Args, Debug)]
pub(crate) struct Revoke {
    /// Ids of consents, or their beginnings
    #[arg(required_unless_present = "all")]
    consents: Vec<String>,
    /// Everything given so far, to everybody; also what this wallet does not know of, because it
    /// came back from a backup made before
    #[arg(long, conflicts_with = "consents")]
    all: bool,
    /// Writes the revocation; a folder for more than one, or with --all
    #[arg(short, long = "output", value_name = "FILE", value_parser = files::named)]
    output: Option<PathBuf>,
    #[command(flatten)]
    shown: Shown,
}

/// Where revocations will go.
pub(crate) enum Places {
    Text(Shown),
    File(Place),
    Folder(PathBuf),
}

#[derive(Serialize)]
pub(crate) struct Revoked {
    revoked: Vec<One>,
}

#[derive(Serialize)]
struct One {
    audience: String,
    did: String,
    consents: Vec<String>,
    #[serde(flatten)]
    put: Put,
}

impl Revoke {
    /// Takes the consents back.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        confirm::demand(context)?;
        let mut session = context.unlock()?;
        let chosen = self.chosen(&mut session)?;
        let places = self.places(&mut session, &chosen)?;
        confirm::ask(context, &self.question(&chosen), "yes")?;
        let revoked =
            if self.all { session.revoke_everything()? } else { session.revoke(&chosen)? };
        context.lock(session);
        Ok(Box::new(Revoked::of(places, revoked)?))
    }

    fn chosen(&self, session: &mut Session) -> Result<Vec<ConsentId>, Failure> {
        let found = |typed: &String| session.resolve_consent(&typed.to_ascii_lowercase());
        Ok(self.consents.iter().map(found).collect::<Result<_, _>>()?)
    }

    /// Finds the place before anything is taken back.
    fn places(&self, session: &mut Session, chosen: &[ConsentId]) -> Result<Places, Failure> {
        let Some(output) = &self.output else {
            return Ok(Places::Text(self.shown));
        };
        if output.is_dir() {
            return Ok(Places::Folder(output.clone()));
        }
        let given = session.consents()?;
        let theirs = given.iter().filter(|consent| chosen.contains(&consent.id));
        let readers: BTreeSet<&str> = theirs.map(|consent| consent.did.as_str()).collect();
        if self.all || readers.len() > 1 {
            let folder = "this is for more than one reader: -o names a folder that is there";
            return Err(Failure::Usage(cli::usage(ErrorKind::ValueValidation, folder)));
        }
        Place::find(Some(output), self.shown).map(Places::File)
    }

    fn question(&self, chosen: &[ConsentId]) -> String {
        let what = if self.all {
            "Everything given so far is taken back.".to_owned()
        } else {
            format!("{} taken back.", many(chosen, "consent"))
        };
        format!("{what} It cannot be undone.")
    }
}

impl Revoked {
    /// Puts what was taken back in its places.
    pub(crate) fn of(places: Places, revoked: Vec<Revocation>) -> Result<Self, Failure> {
        Ok(Self { revoked: places.put(revoked)? })
    }
}

impl Places {
    /// Puts each revocation in its place.
    fn put(self, revoked: Vec<Revocation>) -> Result<Vec<One>, Failure> {
        let mut file = None;
        let (folder, shown) = match self {
            Self::Text(shown) => (None, shown),
            Self::Folder(folder) => (Some(folder), Shown::default()),
            Self::File(place) => {
                file = Some(place);
                (None, Shown::default())
            }
        };
        let put = |revocation: Revocation| {
            let path = match &folder {
                Some(folder) => Some(folder.join(name(&revocation)?)),
                None => None,
            };
            let place = file.take().map_or_else(|| Place::find(path.as_deref(), shown), Ok);
            // It is taken back, wherever that can be written.
            let put = match place {
                Ok(place) => place.put(&revocation.envelope)?,
                Err(failure) => Put::unplaced(&revocation.envelope, failure)?,
            };
            Ok(One {
                audience: revocation.audience.as_str().to_owned(),
                did: revocation.did.as_str().to_owned(),
                consents: revocation.consents.iter().map(ToString::to_string).collect(),
                put,
            })
        };
        revoked.into_iter().map(put).collect()
    }
}

/// Names the file of a revocation: readable, and another for each.
fn name(revocation: &Revocation) -> Result<String, Failure> {
    let signed = Signed::verify(&revocation.envelope)?;
    let key = DidKey::from(signed.key()).to_string();
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let audience: String = revocation.audience.as_str().chars().map(plain).take(24).collect();
    let start = key.len().saturating_sub(KEY);
    Ok(format!("{audience}-{}-{}.pmw-rv", key.get(start..).unwrap_or_default(), signed.number()))
}

impl Tell for Revoked {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        // A single text stands alone: it may go on to a file or a program.
        if let [one] = self.revoked.as_slice()
            && one.put.file().is_none()
        {
            return one.put.tell(screen);
        }
        for one in &self.revoked {
            screen.title(&format!("Taken back from {}", one.audience))?;
            screen.fact("known here", &many(&one.consents, "consent"))?;
            if let Some(file) = one.put.file() {
                screen.fact("revocation", &file.display().to_string())?;
            }
            one.put.tell(screen)?;
        }
        writeln!(screen)?;
        screen.paragraph("They have to get it: what they do not know of, they cannot keep to.")
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.revoked.iter_mut().find_map(|one| one.put.shortfall())
    }
}

/// Letters of the patient's key for them that tell the files apart.
const KEY: usize = 8;
