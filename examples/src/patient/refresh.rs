//! `wallet refresh`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use patient_wallet::Session;
use patient_wallet::consent::{ConsentError, ConsentId};
use patient_wallet::host::CancelToken;
use patient_wallet::session::{Attachment, Record, Refreshment};
use serde::{Serialize, Serializer};

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::envelope::{Place, Shown};
use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::patient::giving::{self, Given, Sink};
use crate::patient::review::{FileShape, leaving, minute, tell_records};
use crate::screen::Screen;
use crate::shapes;
use crate::shapes::consent::ConsentShape;
use crate::{confirm, files};

/// Gives what has come within a consent since, under the token that is there
///
/// Without --disclosure-out it shows what would leave, and nothing leaves.
#[derive(Args, Debug)]
pub(crate) struct Refresh {
    /// Id of the consent, or its beginning
    consent: String,
    /// Writes the disclosure; - for standard output
    #[arg(long, value_name = "FILE")]
    disclosure_out: Option<PathBuf>,
    /// Gives once more what they hold already, as it is now: for what was lost on the way
    #[arg(long)]
    again: bool,
    /// Writes the token once more: .png, .svg and .txt show its QR code
    #[arg(long, value_name = "FILE", value_parser = files::named, requires = "disclosure_out")]
    token_out: Option<PathBuf>,
}

/// What would leave.
#[derive(Serialize)]
struct Preview {
    consent: ConsentShape,
    #[serde(serialize_with = "shapes::records")]
    release: Vec<Record>,
    #[serde(serialize_with = "files_of")]
    files: Vec<Attachment>,
    #[serde(skip)]
    digest: [u8; 32],
    #[serde(skip)]
    heading: String,
    #[serde(skip)]
    ids: ShortIds,
}

impl Refresh {
    /// Shows what would leave, or asks and gives it.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let Some(path) = &self.disclosure_out else {
            let mut session = context.look()?;
            let id = self.consent(&mut session)?;
            let preview = Preview::of(&mut session, id, self.again)?;
            context.lock(session);
            return Ok(Box::new(preview));
        };
        let sink = Sink::find(path, context)?;
        let token = self.token_out.as_deref();
        let place = token.map(|path| Place::find(Some(path), Shown::default())).transpose()?;
        confirm::demand(context)?;
        let mut session = context.unlock()?;
        let id = self.consent(&mut session)?;
        let preview = Preview::of(&mut session, id, self.again)?;
        giving::show(context, &preview);
        if preview.release.is_empty() {
            return Err(ConsentError::NothingToRelease.into());
        }
        let leaves = leaving(&preview.release, &preview.files);
        let question = format!("{leaves} leave. What has been read cannot be called back.");
        confirm::ask(context, &question, "yes")?;
        let cancel = CancelToken::new();
        let digest = &preview.digest;
        let (approved, file) = sink.fill(|out, moved| match self.again {
            false => session.refresh(id, digest, out, &moved, &cancel),
            true => session.disclose_again(id, digest, out, &moved, &cancel),
        })?;
        context.lock(session);
        let put = place.map(|place| place.put(&approved.token)).transpose()?;
        Ok(Given::answer(context, &approved, None, put, file))
    }

    fn consent(&self, session: &mut Session) -> Result<ConsentId, Failure> {
        Ok(session.resolve_consent(&self.consent.to_ascii_lowercase())?)
    }
}

impl Preview {
    /// Asks for the very preview that leaves: what has come since, or `again` what they hold.
    fn of(session: &mut Session, id: ConsentId, again: bool) -> Result<Self, Failure> {
        let (heading, previewed) = if again {
            ("What they hold, as it is now", session.review_again(id)?)
        } else {
            ("What has come within the consent since", session.review_refresh(id)?)
        };
        let Refreshment { consent, release, files, digest } = previewed;
        Ok(Self {
            consent: ConsentShape::from(&consent),
            release,
            files,
            digest,
            heading: format!(
                "{} for {}, until {} UTC",
                heading,
                consent.audience.as_str(),
                minute(consent.expires_at)
            ),
            ids: ShortIds::of(session)?,
        })
    }
}

fn files_of<S: Serializer>(files: &[Attachment], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(FileShape::all(files))
}

impl Tell for Preview {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.paragraph(&self.heading)?;
        if self.release.is_empty() {
            return writeln!(screen, "Nothing.");
        }
        tell_records(screen, &self.release, &self.files, self.ids)
    }
}
