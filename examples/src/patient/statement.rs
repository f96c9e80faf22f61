//! The erasure statement: signed by the wallet, kept where the patient says, told in words.

use std::io;
use std::path::{Path, PathBuf};

use patient_wallet::audit::ErasureStatement;
use patient_wallet::file::NewFile;
use patient_wallet::words::Language;
use serde::Serialize;

use crate::answer::Tell;
use crate::envelope;
use crate::errors::Failure;
use crate::files;
use crate::screen::Screen;

/// Where a statement goes: a file that has its place before anything is erased.
pub(crate) struct Place(Option<(PathBuf, NewFile)>);

/// What was destroyed, what may remain, and who says so.
#[derive(Serialize)]
pub(crate) struct Statement {
    destroyed: Vec<&'static str>,
    may_remain: Vec<&'static str>,
    #[serde(rename = "statement_file")]
    file: Option<PathBuf>,
    /// Why there is no file although one was wanted.
    #[serde(skip)]
    unwritten: Option<Failure>,
}

impl Place {
    /// Makes sure of the file; one that is there is never replaced.
    pub(crate) fn find(path: Option<&Path>) -> Result<Self, Failure> {
        let begin = |path: &Path| Ok((path.to_owned(), files::begin(path, false)?));
        path.map(begin).transpose().map(Self)
    }

    /// Writes the statement. What was erased stays erased: that its file could not be written is
    /// told beside it.
    pub(crate) fn put(self, signed: &[u8]) -> Result<Statement, Failure> {
        let read = ErasureStatement::verify(signed)?;
        let written = |(path, file): (PathBuf, NewFile)| {
            envelope::written(file, &path, signed).map(|()| path)
        };
        let written = self.0.map(written).transpose();
        let (file, unwritten) =
            written.map_or_else(|failure| (None, Some(failure)), |it| (it, None));
        let words = Language::En;
        Ok(Statement {
            destroyed: read.destroyed().iter().map(|one| words.destroyed(*one)).collect(),
            may_remain: read.may_remain().iter().map(|one| words.may_remain(*one)).collect(),
            file,
            unwritten,
        })
    }
}

impl Statement {
    /// Stands where a damaged wallet could not sign.
    pub(crate) const fn unsigned() -> Self {
        Self { destroyed: Vec::new(), may_remain: Vec::new(), file: None, unwritten: None }
    }
}

impl Tell for Statement {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        for (name, things) in [("destroyed", &self.destroyed), ("may remain", &self.may_remain)] {
            for (place, thing) in things.iter().enumerate() {
                screen.fact(if place == 0 { name } else { "" }, thing)?;
            }
        }
        match &self.file {
            Some(file) => screen.fact("statement", &file.display().to_string()),
            None => Ok(()),
        }
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.unwritten.take()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use patient_wallet::audit::{Destroyed, Head, LogId, Stamp, Subject};
    use patient_wallet::host::Timestamp;
    use patient_wallet::keys::{Secret, SigningKey};

    use super::*;

    #[test]
    fn what_is_erased_is_told_although_its_statement_found_no_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("statement");
        let key = SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(1))).unwrap();
        let head = Head::new([1; 8], 2, [3; 32]);
        let stamp = Stamp::new(LogId::derive(&[2; 16]), head, Timestamp::from_unix(1));
        let subject = Subject::Record([7; 16]);
        let signed = ErasureStatement::sign(&key, &stamp, subject, &[Destroyed::Keys], &[]);
        let place = Place::find(Some(&path)).unwrap();
        fs::write(&path, b"theirs").unwrap();
        let mut statement = place.put(&signed.unwrap()).unwrap();
        assert_eq!((statement.destroyed.len(), &statement.file), (1, &None));
        assert_eq!(statement.shortfall().unwrap().code(), "file.exists");
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
    }
}
