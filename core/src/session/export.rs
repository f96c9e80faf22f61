//! Giving records out as they came.

use std::io::Write;

use zeroize::Zeroizing;

use crate::error::{Error, WalletError};
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

impl Session {
    /// Writes out the records that a query finds, each resource as it came.
    ///
    /// # Errors
    /// [`WalletError::Output`] when `out` refuses; as [`Session::read`].
    pub fn export(
        &mut self,
        query: &Query,
        format: ExportFormat,
        out: &mut dyn Write,
    ) -> Result<usize, Error> {
        let ids = self.find(query)?.ids;
        let (db, vault) = self.open()?.records()?;
        let mut write = |bytes: &[u8]| {
            out.write_all(bytes).map_err(|error| WalletError::Output { kind: error.kind() })
        };
        if format == ExportFormat::Bundle {
            write(br#"{"resourceType":"Bundle","type":"collection","entry":["#)?;
        }
        for (place, id) in ids.iter().enumerate() {
            let entry = vault.index().current(*id).ok_or(VaultError::NotFound)?;
            let content = vault.read(db, entry)?;
            match format {
                ExportFormat::Ndjson => write_line(content.resource(), &mut write)?,
                ExportFormat::Bundle => {
                    write(if place == 0 { b"\n" } else { b",\n" })?;
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
        }
        if format == ExportFormat::Bundle {
            write(b"\n]}\n")?;
        }
        Ok(ids.len())
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
