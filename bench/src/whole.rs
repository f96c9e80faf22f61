//! What the wallet does with all it holds: backup, restoration, verification; and erasing one record.

use std::fs::File;
use std::io::BufWriter;

use patient_wallet::host::{CancelToken, ProgressListener};
use patient_wallet::session::{Authentication, BackupKey, Query, Replace, Session};
use patient_wallet::testing::TestWallet;
use patient_wallet_bench_peer::{Figures, Result, Task};

/// Writes a backup, restores it elsewhere with the words, and verifies the wallet.
///
/// # Errors
/// When anything goes wrong, or fewer records came back.
pub(crate) fn measure(task: &Task, session: &mut Session, figures: &mut Figures) -> Result<()> {
    let words = session.dangerous_words(&Authentication::Biometrics)?;
    let (path, cancel) = (task.folder.join("wallet.backup"), CancelToken::new());
    let records = session.find(&Query::default())?.total;
    figures.time("backup", 1, || {
        let mut out = BufWriter::new(File::create(&path)?);
        session.backup(&Authentication::Biometrics, None, &mut out, SILENT, &cancel)?;
        Ok(out.into_inner()?.sync_all()?)
    })?;
    let mib = path.metadata()?.len() as f64 / f64::from(1 << 20);
    for (whole, part) in [("backup", "backup-mib"), ("backup-waited", "backup-mib-waited")] {
        figures.note(part, figures.get(whole).unwrap_or_default() / mib);
    }
    let (elsewhere, key) = (TestWallet::empty(), BackupKey::Words(&words));
    let mut restored = figures.time("restore", 1, || {
        let (mut file, passphrase) = (File::open(&path)?, TestWallet::passphrase());
        let (wallet, replace) = (elsewhere.wallet(), Replace::Older);
        Ok(wallet.restore_backup(&mut file, &key, &passphrase, replace, SILENT, &cancel)?)
    })?;
    if restored.find(&Query::default())?.total != records {
        return Err("not every record came back".into());
    }
    restored.lock()?;
    let verified = figures.time("verify", 1, || Ok(session.verify(SILENT, &cancel)?))?;
    if verified.faults.is_empty() { Ok(()) } else { Err("the wallet has faults".into()) }
}

/// Erases records one by one.
///
/// # Errors
/// When anything goes wrong, or traces stay.
pub(crate) fn erase(session: &mut Session, figures: &mut Figures) -> Result<()> {
    let ids = session.find(&Query { limit: Some(ERASED), ..Query::default() })?.ids;
    figures.time_each("erase", ids, |id| {
        if session.erase(id)?.pending { Err("traces of a record stay".into()) } else { Ok(()) }
    })
}

const SILENT: &dyn ProgressListener = &|_: u64, _: Option<u64>| {};
const ERASED: usize = 20;
