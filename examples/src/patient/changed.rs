//! The answer of every command that leaves a record with a new version.

use std::io;

use patient_wallet::Session;
use patient_wallet::session::Record;
use serde::Serialize;

use crate::answer::Tell;
use crate::context::Context;
use crate::ids::ShortIds;
use crate::patient::records::labels;
use crate::screen::Screen;
use crate::shapes;

/// A record as it is now, and what was done.
#[derive(Serialize)]
pub(crate) struct Changed {
    #[serde(serialize_with = "shapes::record")]
    record: Record,
    #[serde(skip)]
    done: &'static str,
    #[serde(skip)]
    ids: ShortIds,
}

impl Changed {
    /// Locks the wallet after the change.
    pub(crate) fn finish(
        context: &Context,
        mut session: Session,
        record: Record,
        done: &'static str,
    ) -> Self {
        // What was done stays done: without the other ids, this one is shown whole.
        let ids = ShortIds::of(&mut session).unwrap_or(ShortIds::WHOLE);
        context.lock(session);
        Self { record, done, ids }
    }
}

impl Tell for Changed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let record = &self.record;
        screen.heading(self.done)?;
        screen.fact("id", &self.ids.short(record.id))?;
        screen.fact("version", &record.version.to_string())?;
        screen.fact("category", record.category.word())?;
        screen.fact("title", record.title.as_str())?;
        let labels = labels(record);
        screen.fact("labels", if labels.is_empty() { "none" } else { &labels })
    }
}
