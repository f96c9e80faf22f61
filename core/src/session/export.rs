//! Giving records out as they came.

use std::io::{self, Write};

use zeroize::Zeroizing;

use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::error::{Error, WalletError};
use crate::file::Output;
use crate::record::RecordId;
use crate::record::json::push_quoted;
use crate::session::Session;
use crate::session::attachments::inline::Files;
use crate::session::records::Query;
use crate::vault::VaultError;
use crate::vault::attachments::AttachmentError;
use crate::vault::body::Content;

/// How records are written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// A Bundle of type collection.
    #[default]
    Bundle,
    /// One resource a line.
    Ndjson,
}

/// What came of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Records written.
    pub records: usize,
    /// Records that could not be written because their content is damaged.
    pub damaged: Vec<RecordId>,
}

impl Session {
    /// Writes out the records that a query finds, each resource as it came.
    ///
    /// A record whose content is damaged is left out and named in the report. That something was
    /// exported is in the log before the first byte leaves.
    ///
    /// # Errors
    /// [`WalletError::Output`] when `out` refuses; [`crate::file::FileError`] when it is a file that
    /// cannot take its name; as [`Session::find`].
    pub fn export(
        &mut self,
        query: &Query,
        format: ExportFormat,
        mut out: impl Output,
    ) -> Result<ExportReport, Error> {
        let at = self.host.clock.now();
        let ids = self.find(query)?.ids;
        let open = self.open()?;
        if !open.held.read_only {
            open.note(AuditEntry::new(at, AuditKind::Exported, Actor::Patient))?;
        }
        let folder = open.files();
        let (db, vault) = open.records()?;
        let files = Files { folder: &folder, vault, change: None };
        let mut report = ExportReport::default();
        let mut export = Export { out: &mut out, format, records: 0 };
        export.begin()?;
        for id in ids {
            let entry = vault.index().current(id).ok_or(VaultError::NotFound)?;
            let content = match vault.read(db, entry) {
                Ok(content) => content,
                Err(VaultError::Damaged) => {
                    report.damaged.push(id);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            // Half a resource must not leave: its files are read to their ends first.
            match files.check(&content) {
                Ok(()) => export.put(&files, &content)?,
                Err(AttachmentError::Damaged | AttachmentError::Missing) => report.damaged.push(id),
                Err(error) => return Err(error.into()),
            }
        }
        export.end()?;
        report.records = export.records;
        out.finish()?;
        Ok(report)
    }
}

/// Where an export goes.
struct Export<'a> {
    out: &'a mut dyn Write,
    format: ExportFormat,
    /// Records written so far.
    records: usize,
}

impl Export<'_> {
    fn begin(&mut self) -> Result<(), WalletError> {
        match self.format {
            ExportFormat::Bundle => {
                self.write(br#"{"resourceType":"Bundle","type":"collection","entry":["#)
            }
            ExportFormat::Ndjson => Ok(()),
        }
    }

    fn put(&mut self, files: &Files<'_>, content: &Content) -> Result<(), Error> {
        match self.format {
            ExportFormat::Ndjson => {
                files.write(content, &mut OneLine(self.out)).map_err(of_output)?;
                self.write(b"\n")?;
            }
            ExportFormat::Bundle => {
                self.write(if self.records == 0 { b"\n{" } else { b",\n{" })?;
                if let Some(url) = &content.full_url {
                    let mut quoted = Zeroizing::new(String::new());
                    push_quoted(&mut quoted, url.as_str());
                    self.write(br#""fullUrl":"#)?;
                    self.write(quoted.as_bytes())?;
                    self.write(b",")?;
                }
                self.write(br#""resource":"#)?;
                files.write(content, self.out).map_err(of_output)?;
                self.write(b"}")?;
            }
        }
        self.records += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), WalletError> {
        match self.format {
            ExportFormat::Bundle => self.write(b"\n]}\n"),
            ExportFormat::Ndjson => Ok(()),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), WalletError> {
        let written = self.out.write_all(bytes);
        written.map_err(|error| WalletError::Output { kind: error.kind() })
    }
}

/// Writes on one line: NDJSON has one resource a line, so line breaks between tokens become blanks.
struct OneLine<'a>(&'a mut dyn Write);

impl Write for OneLine<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (place, part) in bytes.split(|byte| matches!(byte, b'\n' | b'\r')).enumerate() {
            if place > 0 {
                self.0.write_all(b" ")?;
            }
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn of_output(error: AttachmentError) -> Error {
    match error {
        AttachmentError::Output { kind } => WalletError::Output { kind }.into(),
        other => other.into(),
    }
}
