//! The commands of the patient: one file each.

pub(crate) mod add;
pub(crate) mod correct;
pub(crate) mod create;
pub(crate) mod demo;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod label;
pub(crate) mod passphrase;
pub(crate) mod records;
pub(crate) mod restore;
pub(crate) mod show;
pub(crate) mod status;

mod changed;
mod filters;
mod words;
