//! Plain values in, the core's types out; and back.

use std::fs::File;
use std::path::PathBuf;
use std::str::FromStr;

use patient_wallet::Error;
use patient_wallet::consent::{self, CategorySet, Flags};
use patient_wallet::file::{NewFile, NewFolder, open_regular};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{Mnemonic, Passphrase};
use patient_wallet::record::{Category, LabelSet, SensitivityLabel, Text};
use zeroize::Zeroizing;

use crate::error::{WalletError, refused};
use crate::vocabulary::{ConsentFlags, DateRange};

/// Reads an id.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T, WalletError>
where
    T::Err: Into<Error>,
{
    text.parse().map_err(refused)
}

/// Reads ids.
pub(crate) fn ids<T: FromStr>(texts: &[String]) -> Result<Vec<T>, WalletError>
where
    T::Err: Into<Error>,
{
    texts.iter().map(|text| id(text)).collect()
}

/// Reads a passphrase and wipes the bytes that it came in.
pub(crate) fn passphrase(typed: Vec<u8>) -> Result<Passphrase, WalletError> {
    let typed = Zeroizing::new(typed);
    Passphrase::new(&typed).map_err(refused)
}

/// Reads words and wipes the bytes that they came in.
pub(crate) fn words(typed: Vec<u8>) -> Result<Mnemonic, WalletError> {
    let typed = Zeroizing::new(typed);
    let typed = str::from_utf8(&typed);
    let typed = typed.map_err(|_| refused(patient_wallet::keys::KeyError::Invalid))?;
    Mnemonic::parse(typed).map_err(refused)
}

/// Reads the digest of a preview; one of another length names none.
pub(crate) fn digest(bytes: &[u8]) -> Result<[u8; 32], WalletError> {
    let stale = consent::ConsentError::ReviewStale;
    bytes.try_into().map_err(|_| refused(stale))
}

/// Writes a moment.
pub(crate) const fn seconds(at: Timestamp) -> u64 {
    at.unix()
}

/// Writes a count.
pub(crate) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Writes text that may be absent.
pub(crate) fn text(text: Option<&Text>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

/// Reads text that may be absent.
pub(crate) fn wiped(text: Option<String>) -> Option<Text> {
    text.map(|text| Text::from(Zeroizing::new(text)))
}

/// Writes texts.
pub(crate) fn texts(texts: &[Text]) -> Vec<String> {
    texts.iter().map(|text| text.as_str().to_owned()).collect()
}

/// Writes ids, or anything else that displays.
pub(crate) fn shown<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

pub(crate) fn category_set(categories: Vec<Category>) -> CategorySet {
    categories.into_iter().collect()
}

pub(crate) fn categories(set: CategorySet) -> Vec<Category> {
    set.iter().collect()
}

pub(crate) fn label_set(labels: Vec<SensitivityLabel>) -> LabelSet {
    labels.into_iter().collect()
}

pub(crate) fn labels(set: LabelSet) -> Vec<SensitivityLabel> {
    set.iter().collect()
}

impl From<Flags> for ConsentFlags {
    fn from(flags: Flags) -> Self {
        Self {
            view_only: flags.contains(Flags::VIEW_ONLY),
            no_onward: flags.contains(Flags::NO_ONWARD),
            single_use: flags.contains(Flags::SINGLE_USE),
        }
    }
}

impl From<ConsentFlags> for Flags {
    fn from(flags: ConsentFlags) -> Self {
        let one = |is_set, flag| if is_set { flag } else { Self::NONE };
        one(flags.view_only, Self::VIEW_ONLY)
            .union(one(flags.no_onward, Self::NO_ONWARD))
            .union(one(flags.single_use, Self::SINGLE_USE))
    }
}

impl From<consent::DateRange> for DateRange {
    fn from(dates: consent::DateRange) -> Self {
        Self { since: dates.from(), until: dates.to() }
    }
}

/// Reads a range of dates.
pub(crate) fn dates(dates: Option<DateRange>) -> Result<Option<consent::DateRange>, WalletError> {
    let read =
        |dates: DateRange| consent::DateRange::new(dates.since, dates.until).map_err(refused);
    dates.map(read).transpose()
}

/// Begins a file; one that is there is replaced only on purpose.
pub(crate) fn new_file(path: String, replace: bool) -> Result<NewFile, WalletError> {
    NewFile::begin(&PathBuf::from(path), replace).map_err(refused)
}

/// Begins a folder.
pub(crate) fn new_folder(path: String) -> Result<NewFolder, WalletError> {
    NewFolder::begin(&PathBuf::from(path)).map_err(refused)
}

/// Opens a file to read it.
pub(crate) fn read(path: String) -> Result<File, WalletError> {
    open_regular(&PathBuf::from(path)).map_err(refused)
}
