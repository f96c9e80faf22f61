//! `wallet attachment`

use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;
use patient_wallet::Session;
use patient_wallet::file::Output;
use patient_wallet::host::CancelToken;
use patient_wallet::session::{Attachment, AttachmentId};
use serde::Serialize;

use crate::answer::{Answer, Said, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::files;
use crate::screen::Screen;
use crate::{ids, progress};

/// Writes an attachment, or a part of it, to a file
#[derive(Args, Debug)]
pub(crate) struct SaveAttachment {
    /// Id of the attachment, or its beginning; wallet show lists those of a record
    id: String,
    /// The file, or - for standard output; one that is there is replaced only with --yes
    #[arg(short, long = "output", value_name = "FILE")]
    output: PathBuf,
    /// Only these bytes, from 0, both included; without TO up to the end
    #[arg(long, value_name = "FROM-TO", value_parser = range)]
    range: Option<Range<u64>>,
}

#[derive(Serialize)]
struct Saved {
    id: String,
    file: PathBuf,
    written: u64,
    size: u64,
    #[serde(skip)]
    name: String,
}

impl SaveAttachment {
    /// Writes the file.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        if files::is_standard(&self.output) {
            let mut session = context.look()?;
            let id = ids::resolve_attachment(&mut session, &self.id)?;
            let mut out = BufWriter::new(io::stdout().lock());
            self.save(&mut session, id, &mut out)?;
            out.flush().map_err(|error| Failure::Answer(error.kind()))?;
            context.lock(session);
            return Ok(Box::new(Said(None)));
        }
        let file = files::begin(&self.output, context.yes())?;
        let mut session = context.look()?;
        let id = ids::resolve_attachment(&mut session, &self.id)?;
        let saved = session.attachment(id)?;
        let written = self.save(&mut session, id, file)?;
        context.lock(session);
        Ok(Box::new(Saved::of(&saved, self.output.clone(), written)))
    }

    fn save(
        &self,
        session: &mut Session,
        id: AttachmentId,
        out: impl Output,
    ) -> Result<u64, Failure> {
        let bar = progress::bytes(&self.output, None);
        let moved = |done, total| progress::moved(&bar, done, total);
        let range = self.range.clone();
        let written = session.save_attachment(id, range, out, &moved, &CancelToken::new());
        bar.finish_and_clear();
        written.map_err(|error| files::within(&self.output, error))
    }
}

impl Saved {
    fn of(saved: &Attachment, file: PathBuf, written: u64) -> Self {
        let name = saved.name.as_str().to_owned();
        Self { id: saved.id.to_string(), file, written, size: saved.size, name }
    }
}

/// Reads `FROM-TO` or `FROM-`.
fn range(text: &str) -> Result<Range<u64>, String> {
    let read = text.split_once('-').and_then(|(from, to)| {
        let from = from.parse().ok()?;
        let end = if to.is_empty() { u64::MAX } else { to.parse::<u64>().ok()?.checked_add(1)? };
        (from < end).then_some(from..end)
    });
    read.ok_or_else(|| "bytes look like 0-1023, or 1024- up to the end".to_owned())
}

impl Tell for Saved {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let Self { written, size, name, file, .. } = self;
        let file = file.display();
        let what = if written == size { String::new() } else { format!(" of {size}") };
        screen.paragraph(&format!(
            "{name}: {written}{what} bytes are in {file}, in clear: keep the file safe."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_a_first_and_a_last_byte() {
        assert_eq!(range("0-0"), Ok(0..1));
        assert_eq!(range("10-19"), Ok(10..20));
        assert_eq!(range("10-"), Ok(10..u64::MAX));
        for wrong in ["", "-", "-5", "5", "9-3", "a-b", "1-2-3", "0-18446744073709551615"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
