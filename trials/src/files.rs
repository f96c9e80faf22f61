//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use patient_wallet::error::WalletError;

/// Makes a file that only its owner reads; one that is there is not touched.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes what was made, renamed or removed in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes a file beside its place and moves it there when it is whole and durable.
///
/// # Errors
/// What `fill` refused, or the system.
pub(crate) fn write<E: From<WalletError>>(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let fresh = path.with_extension("part");
    let mut file = begin(folder, &fresh).map_err(WalletError::from)?;
    fill(&mut file)?;
    let finish = || {
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        sync_folder(folder)
    };
    Ok(finish().map_err(WalletError::from)?)
}

fn begin(folder: &Path, fresh: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    match fs::remove_file(fresh) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    create_private(fresh)
}
