//! Records on their way in and out: FHIR files.

use std::sync::Arc;

use patient_wallet::record::Limits;
use patient_wallet::session::{self, ExportFormat};

use crate::error::WalletError;
use crate::host::{CancelToken, ProgressListener};
use crate::page::{page, part};
use crate::parse;
use crate::session::{IdPage, Query, Session};

/// How a file is taken in.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportOptions {
    /// Name of the hospital, for files that do not say.
    #[uniffi(default = None)]
    pub source: Option<String>,
    /// Take the file in although its patient differs from the wallet's.
    #[uniffi(default = false)]
    pub any_patient: bool,
}

/// What came of a file.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportReport {
    /// Entries of the file.
    pub entries: u64,
    /// Entries that became new records.
    pub new: u64,
    /// Entries that became new versions.
    pub changed: u64,
    /// Entries that the wallet held already.
    pub same: u64,
    /// The first thousand entries that could not be taken in.
    pub refused: RefusedPage,
}

/// An entry that could not be taken in.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RefusedEntry {
    /// Place in the file, from 0.
    pub index: u64,
    /// Why (docs/errors.md).
    pub code: String,
}

page! {
    /// A page of entries that could not be taken in.
    RefusedPage of RefusedEntry
}

/// What was written out.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ExportReport {
    /// Records written.
    pub records: u64,
    /// The first thousand records that could not be written because their content is damaged.
    pub damaged: IdPage,
}

#[uniffi::export]
impl Session {
    /// Takes in a file: Bundle, NDJSON or one resource, plain or gzip. All of it or nothing.
    #[uniffi::method(default(progress = None, cancel = None))]
    pub fn import_file(
        &self,
        path: String,
        options: ImportOptions,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<ImportReport, WalletError> {
        self.long_call(progress, cancel.as_ref(), |session, watch| {
            let mut file = parse::read(path)?;
            let options = session::ImportOptions {
                source: parse::wiped(options.source),
                any_patient: options.any_patient,
                limits: Limits::default(),
            };
            Ok(session.import(&mut file, &options, watch.progress, watch.cancel)?.into())
        })
    }

    /// Writes the records that a query finds into a file; one that is there is replaced only on
    /// purpose. The query's offset and limit do not count.
    #[uniffi::method(default(replace = false))]
    pub fn export_file(
        &self,
        path: String,
        query: Query,
        format: ExportFormat,
        replace: bool,
    ) -> Result<ExportReport, WalletError> {
        let query = session::Query { offset: 0, limit: None, ..query.into() };
        self.home.call(|open| {
            let file = parse::new_file(path, replace)?;
            let report = open.session.export(&query, format, file)?;
            let damaged = part(report.damaged, 0, u32::MAX, |id| id.to_string()).into();
            Ok(ExportReport { records: parse::count(report.records), damaged })
        })
    }
}

impl From<session::ImportReport> for ImportReport {
    fn from(report: session::ImportReport) -> Self {
        let refused = |refused: session::Refused| RefusedEntry {
            index: parse::count(refused.index),
            code: patient_wallet::Error::from(refused.error).code().to_owned(),
        };
        Self {
            entries: parse::count(report.entries),
            new: parse::count(report.new),
            changed: parse::count(report.changed),
            same: parse::count(report.same),
            refused: part(report.refused, 0, u32::MAX, refused).into(),
        }
    }
}
