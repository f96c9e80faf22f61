//! `wallet attach`

use std::io;
use std::path::PathBuf;

use clap::Args;
use patient_wallet::host::CancelToken;
use patient_wallet::session::{Attachment, NewAttachment};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::{self, ShortIds};
use crate::screen::Screen;
use crate::{files, progress};

/// Takes in a picture, a PDF, a DICOM file: any file of any size
///
/// Without --to it gets a record of its own.
#[derive(Args, Debug)]
pub(crate) struct Attach {
    /// The file
    file: PathBuf,
    /// Id of the record that it belongs to, or its beginning
    #[arg(long, value_name = "ID")]
    to: Option<String>,
    /// Its media type, such as application/pdf; else its first bytes tell
    #[arg(long = "type", value_name = "MIME")]
    media_type: Option<String>,
    /// Its name, when that is not the name of the file
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

#[derive(Serialize)]
struct Attached {
    id: String,
    sha256: String,
    size: u64,
    record: String,
    #[serde(skip)]
    told: Told,
}

/// What a person reads instead of whole ids.
struct Told {
    id: String,
    record: String,
    name: String,
    media_type: String,
}

impl Attach {
    /// Takes the file in.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut file = files::open_regular(&self.file)?;
        let length = file.metadata().ok().map(|found| found.len());
        let name = match &self.name {
            Some(name) => name.clone(),
            None => self.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let new = NewAttachment::new(&name)?.of_type(self.media_type.as_deref())?;
        let mut session = context.unlock()?;
        let to = self.to.as_deref().map(|id| ids::resolve(&mut session, id)).transpose()?;
        let bar = progress::bytes(&self.file, length);
        let moved = |done, _| progress::moved(&bar, done, None);
        let attached = session.attach(&mut file, &new.to(to), &moved, &CancelToken::new());
        bar.finish_and_clear();
        let attached = attached?;
        // What was done stays done: without the other ids, this one is shown whole.
        let records = ShortIds::of(&mut session).unwrap_or(ShortIds::WHOLE);
        let told = Told {
            id: ids::short_attachment(&mut session, attached.id),
            record: records.short(attached.record),
            name: attached.name.as_str().to_owned(),
            media_type: attached.media_type.as_str().to_owned(),
        };
        context.lock(session);
        Ok(Box::new(Attached::of(&attached, told)))
    }
}

impl Attached {
    fn of(attached: &Attachment, told: Told) -> Self {
        Self {
            id: attached.id.to_string(),
            sha256: attached.address.to_string(),
            size: attached.size,
            record: attached.record.to_string(),
            told,
        }
    }
}

impl Tell for Attached {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let Told { id, record, name, media_type } = &self.told;
        screen.heading("Attached.")?;
        screen.fact("attachment", id)?;
        screen.fact("name", name)?;
        screen.fact("type", media_type)?;
        screen.fact("size", &format!("{} bytes", self.size))?;
        screen.fact("record", record)
    }
}
