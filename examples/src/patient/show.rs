//! `wallet show`

use std::io::{self, Write};

use clap::Args;
use patient_wallet::session::{Attachment, Resource};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::fhir;
use crate::ids::{self, ShortIds};
use crate::patient::records::labels;
use crate::screen::{Screen, shortened};
use crate::shapes::{self, RecordShape};

/// Reads a record
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// Id of the record, or its beginning
    id: String,
    /// An earlier version
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// Writes the FHIR resource byte for byte, and nothing else
    #[arg(long, conflicts_with = "json")]
    fhir: bool,
}

struct Shown {
    resource: Resource,
    attachments: Vec<Attachment>,
    /// The attachments' ids, as short as they are accepted.
    short: Vec<String>,
    ids: ShortIds,
}

/// An attachment as JSON.
#[derive(Serialize)]
struct AttachmentShape<'a> {
    id: String,
    name: &'a str,
    media_type: &'a str,
    size: u64,
    sha256: String,
}

struct Raw(Resource);

impl Show {
    /// Reads the record.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let id = ids::resolve(&mut session, &self.id)?;
        let resource = session.read(id, self.version)?;
        if self.fhir {
            context.lock(session);
            return Ok(Box::new(Raw(resource)));
        }
        let attachments = session.attachments(id)?;
        let shorten = |it: &Attachment| ids::short_attachment(&mut session, it.id);
        let short = attachments.iter().map(shorten).collect();
        let ids = ShortIds::of(&mut session)?;
        context.lock(session);
        Ok(Box::new(Shown { resource, attachments, short, ids }))
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shape = serializer.serialize_struct("Show", 3)?;
        shape.serialize_field("record", &RecordShape(&self.resource.record))?;
        shape.serialize_field("resource", shapes::resource::<S::Error>(&self.resource)?)?;
        let attachments: Vec<_> = self.attachments.iter().map(AttachmentShape::of).collect();
        shape.serialize_field("attachments", &attachments)?;
        shape.end()
    }
}

impl<'a> AttachmentShape<'a> {
    fn of(attachment: &'a Attachment) -> Self {
        Self {
            id: attachment.id.to_string(),
            name: attachment.name.as_str(),
            media_type: attachment.media_type.as_str(),
            size: attachment.size,
            sha256: attachment.address.to_string(),
        }
    }
}

impl Tell for Shown {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let record = &self.resource.record;
        screen.heading(&shortened(record.title.as_str(), 80))?;
        screen.fact("id", &self.ids.short(record.id))?;
        screen.fact("version", &record.version.to_string())?;
        screen.fact("category", record.category.word())?;
        let labels = labels(record);
        screen.fact("labels", if labels.is_empty() { "none" } else { &labels })?;
        if let Some(date) = record.date {
            screen.fact("date", &date.to_string())?;
        }
        for (name, text) in [
            ("author", &record.author),
            ("reason", &self.resource.reason),
            ("source", &record.source),
            ("reference", &record.reference),
        ] {
            if let Some(text) = text {
                screen.fact(name, text.as_str())?;
            }
        }
        screen.fact("size", &format!("{} bytes", record.size))?;
        for (attachment, short) in self.attachments.iter().zip(&self.short) {
            let Attachment { name, media_type, size, .. } = attachment;
            let about =
                format!("{short}: {}, {}, {size} bytes", name.as_str(), media_type.as_str());
            screen.fact("attachment", &about)?;
        }
        writeln!(screen)?;
        fhir::facts(self.resource.json())
            .iter()
            .try_for_each(|(name, value)| screen.fact(name, value))
    }
}

impl Tell for Raw {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.write_all(self.0.json())
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        shapes::resource::<S::Error>(&self.0)?.serialize(serializer)
    }
}
