//! Giving records out as they came.

use std::io::Write;

use zeroize::Zeroizing;

use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::error::{Error, WalletError};
use crate::record::RecordId;
use crate::record::json::push_quoted;
use crate::session::Session;
use crate::session::records::Query;
use crate::vault::VaultError;

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
    /// [`WalletError::Output`] when `out` refuses; as [`Session::find`].
    pub fn export(
        &mut self,
        query: &Query,
        format: ExportFormat,
        out: &mut dyn Write,
    ) -> Result<ExportReport, Error> {
        let at = self.host.clock.now();
        let ids = self.find(query)?.ids;
        let open = self.open()?;
        if !open.read_only {
            open.note(AuditEntry::new(at, AuditKind::Exported, Actor::Patient))?;
        }
        let (db, vault) = open.records()?;
        let mut report = ExportReport::default();
        let mut write = |bytes: &[u8]| {
            out.write_all(bytes).map_err(|error| WalletError::Output { kind: error.kind() })
        };
        if format == ExportFormat::Bundle {
            write(br#"{"resourceType":"Bundle","type":"collection","entry":["#)?;
        }
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
            match format {
                ExportFormat::Ndjson => write_line(content.resource(), &mut write)?,
                ExportFormat::Bundle => {
                    write(if report.records == 0 { b"\n" } else { b",\n" })?;
                    write(br#"{"#)?;
                    if let Some(url) = &content.full_url {
                        let mut quoted = Zeroizing::new(String::new());
                        push_quoted(&mut quoted, url.as_str());
                        write(br#""fullUrl":"#)?;
                        write(quoted.as_bytes())?;
                        write(b",")?;
                    }
                    write(br#""resource":"#)?;
                    write(content.resource())?;
                    write(b"}")?;
                }
            }
            report.records += 1;
        }
        if format == ExportFormat::Bundle {
            write(b"\n]}\n")?;
        }
        Ok(report)
    }
}

/// NDJSON has one resource a line, so line breaks between tokens become blanks.
fn write_line(
    resource: &[u8],
    write: &mut impl FnMut(&[u8]) -> Result<(), WalletError>,
) -> Result<(), WalletError> {
    for (place, part) in resource.split(|byte| matches!(byte, b'\n' | b'\r')).enumerate() {
        if place > 0 {
            write(b" ")?;
        }
        write(part)?;
    }
    write(b"\n")
}
