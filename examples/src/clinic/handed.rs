//! What a clinic signed for patients, and where it went: each into a file, or as text to stdout.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use patient_wallet::file::FileError;
use serde::Serialize;

use crate::answer::Tell;
use crate::envelope::{Place, Put, Shown};
use crate::errors::Failure;
use crate::files;
use crate::screen::Screen;

/// Where what is signed goes, found before anything is.
pub(super) enum Places {
    Text,
    File(Place),
    Folder(PathBuf),
}

impl Places {
    /// Finds the place for so many: one is a file, several stand in a folder, which may be there.
    pub(super) fn find(output: Option<&Path>, count: usize) -> Result<Self, Failure> {
        let Some(output) = output else { return Ok(Self::Text) };
        if output.is_dir() {
            return Ok(Self::Folder(output.to_owned()));
        }
        if count < 2 {
            return Place::find(Some(output), Shown::default()).map(Self::File);
        }
        let made = fs::create_dir(output);
        made.map_err(|error| files::at(output, FileError::unwritable(error)))?;
        Ok(Self::Folder(output.to_owned()))
    }

    /// Puts each there, under its name where there is a folder. What finds no place is told as text:
    /// it was signed.
    pub(super) fn put(self, signed: Vec<(String, Vec<u8>)>) -> Result<Vec<Put>, Failure> {
        let (mut file, folder) = match self {
            Self::Text => (None, None),
            Self::File(place) => (Some(place), None),
            Self::Folder(folder) => (None, Some(folder)),
        };
        let put = |(name, envelope): (String, Vec<u8>)| {
            let path = folder.as_ref().map(|folder| folder.join(name));
            let find = || Place::find(path.as_deref(), Shown::default());
            match file.take().map_or_else(find, Ok) {
                Ok(place) => place.put(&envelope),
                Err(failure) => Put::unplaced(&envelope, failure),
            }
        };
        signed.into_iter().map(put).collect()
    }
}

/// One of them, with what it is.
#[derive(Serialize)]
pub(super) struct Handed<T: Serialize> {
    #[serde(flatten)]
    pub(super) facts: T,
    #[serde(flatten)]
    pub(super) put: Put,
}

impl<T: Serialize> Handed<T> {
    /// Joins facts and places, which stand in one order.
    pub(super) fn all(facts: impl IntoIterator<Item = T>, put: Vec<Put>) -> Vec<Self> {
        facts.into_iter().zip(put).map(|(facts, put)| Self { facts, put }).collect()
    }
}

/// Shows the texts alone, or the files.
pub(super) fn tell<T: Serialize>(
    handed: &[Handed<T>],
    what: &str,
    screen: &mut Screen<'_>,
) -> io::Result<()> {
    for one in handed {
        if let Some(file) = one.put.file() {
            screen.fact(what, &file.display().to_string())?;
        }
        one.put.tell(screen)?;
    }
    Ok(())
}
