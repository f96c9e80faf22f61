//! `wallet refresh`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use patient_wallet::Session;
use patient_wallet::consent::{ConsentError, ConsentId};
use patient_wallet::host::CancelToken;
use patient_wallet::session::{Consent, Record};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::envelope::{Place, Shown};
use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::patient::giving::{self, Given, Sink};
use crate::patient::review::{minute, tell_records};
use crate::screen::{Screen, many};
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
    #[arg(long, requires = "disclosure_out")]
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
            let (preview, _) = Preview::fresh(&mut session, id)?;
            context.lock(session);
            return Ok(Box::new(preview));
        };
        let sink = Sink::find(path, context)?;
        let token = self.token_out.as_deref();
        let place = token.map(|path| Place::find(Some(path), Shown::default())).transpose()?;
        confirm::demand(context)?;
        let mut session = context.unlock()?;
        let id = self.consent(&mut session)?;
        let (preview, digest) = if self.again {
            (Preview::again(&mut session, id)?, None)
        } else {
            let (preview, digest) = Preview::fresh(&mut session, id)?;
            (preview, Some(digest))
        };
        giving::show(context, &preview);
        let leaves = many(&preview.release, "record");
        let question = format!("{leaves} leave. What has been read cannot be called back.");
        confirm::ask(context, &question, "yes")?;
        let cancel = CancelToken::new();
        let (approved, file) = sink.fill(|out, moved| match &digest {
            Some(digest) => session.refresh(id, digest, out, &moved, &cancel),
            None => session.disclose_again(id, out, &moved, &cancel),
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
    fn fresh(session: &mut Session, id: ConsentId) -> Result<(Self, [u8; 32]), Failure> {
        let fresh = session.review_refresh(id)?;
        let heading = "What has come within the consent since";
        let preview = Self::of(session, &fresh.consent, fresh.release, heading)?;
        Ok((preview, fresh.digest))
    }

    /// Shows what they hold: of that, what the terms still permit leaves.
    fn again(session: &mut Session, id: ConsentId) -> Result<Self, Failure> {
        let consents = session.consents()?;
        let consent = consents.into_iter().find(|consent| consent.id == id);
        let consent = consent.ok_or(ConsentError::NotFound)?;
        // A record that was erased since cannot leave again.
        let held = consent.holds.iter().filter_map(|id| session.record(*id).ok()).collect();
        Self::of(session, &consent, held, "What they hold, as it is now")
    }

    fn of(
        session: &mut Session,
        consent: &Consent,
        release: Vec<Record>,
        heading: &str,
    ) -> Result<Self, Failure> {
        Ok(Self {
            consent: ConsentShape::from(consent),
            release,
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

impl Tell for Preview {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.paragraph(&self.heading)?;
        if self.release.is_empty() {
            return writeln!(screen, "Nothing.");
        }
        tell_records(screen, &self.release, self.ids)
    }
}
