//! Where a wallet lives when nobody says: the folder that the platform has for data of a program.

use std::ffi::OsString;
use std::path::PathBuf;

/// Gives the folder that the environment names for the wallet, or the platform's for all programs.
pub(crate) fn of_environment() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let named = variable("WALLET_HOME").map(PathBuf::from);
    named.or_else(|| Some(data_folder(variable)?.join("patient-wallet")))
}

#[cfg(target_os = "macos")]
fn data_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    Some(PathBuf::from(variable("HOME")?).join("Library/Application Support"))
}

#[cfg(windows)]
fn data_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    variable("APPDATA").map(PathBuf::from)
}

/// XDG Base Directory Specification: a relative `XDG_DATA_HOME` does not count.
#[cfg(not(any(target_os = "macos", windows)))]
fn data_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let named = variable("XDG_DATA_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    named.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")))
}

#[cfg(all(test, not(any(target_os = "macos", windows))))]
mod tests {
    use super::*;

    #[test]
    fn the_data_folder_is_the_one_named_or_that_of_the_home() {
        let with = |data: Option<&'static str>| {
            data_folder(move |name| match name {
                "XDG_DATA_HOME" => data.map(OsString::from),
                "HOME" => Some(OsString::from("/h")),
                _ => None,
            })
        };
        assert_eq!(with(Some("/data")), Some(PathBuf::from("/data")));
        assert_eq!(with(Some("data")), Some(PathBuf::from("/h/.local/share")));
        assert_eq!(with(None), Some(PathBuf::from("/h/.local/share")));
        assert_eq!(data_folder(|_| None), None);
    }
}
