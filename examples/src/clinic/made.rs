//! An envelope that a command has made, and what it is.

use std::io;

use serde::Serialize;

use crate::answer::Tell;
use crate::envelope::Put;
use crate::errors::Failure;
use crate::screen::Screen;

/// An envelope that was put somewhere, and the facts of it.
#[derive(Serialize)]
pub(crate) struct Made<T: Serialize> {
    #[serde(flatten)]
    pub(crate) facts: T,
    #[serde(flatten)]
    pub(crate) put: Put,
    /// What to do with the file.
    #[serde(skip)]
    pub(crate) advice: &'static str,
}

impl<T: Serialize> Tell for Made<T> {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        self.put.tell(screen)?;
        // Where the text is the answer, nothing stands beside it.
        match self.put.file() {
            Some(file) => screen.paragraph(&format!("{}: {}", file.display(), self.advice)),
            None => Ok(()),
        }
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.put.shortfall()
    }
}
