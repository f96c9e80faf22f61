//! The commands of the patient: one file each.

pub(crate) mod add;
pub(crate) mod attach;
pub(crate) mod attachment;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod correct;
pub(crate) mod create;
pub(crate) mod demo;
pub(crate) mod erase;
pub(crate) mod erase_wallet;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod label;
pub(crate) mod log;
pub(crate) mod passphrase;
pub(crate) mod records;
pub(crate) mod rehearse;
pub(crate) mod restore;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod verify;

mod backup_key;
mod changed;
mod filters;
mod statement;
mod words;
