//! What a command answers: the same facts for people and for scripts.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::errors::Failure;
use crate::screen::Screen;

/// Tells facts to a person.
pub(crate) trait Tell {
    /// Writes the facts as text that fits 80 columns.
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()>;

    /// Gives what keeps the answer from being all that was asked for; told after it, with exit 1.
    fn shortfall(&mut self) -> Option<Failure> {
        None
    }
}

/// The answer of a command.
pub(crate) trait Answer: Tell {
    /// Writes one JSON document.
    fn write_json(&self, out: &mut dyn Write) -> io::Result<()>;
}

impl<T: Tell + Serialize> Answer for T {
    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// The answer where what was asked for went to stdout itself: nothing stands beside it.
pub(crate) struct Said(pub(crate) Option<Failure>);

impl Tell for Said {
    fn tell(&self, _: &mut Screen<'_>) -> io::Result<()> {
        Ok(())
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.0.take()
    }
}

impl Answer for Said {
    fn write_json(&self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Writes an answer to stdout.
pub(crate) fn give(answer: &dyn Answer, json: bool) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let given =
        if json { answer.write_json(&mut out) } else { answer.tell(&mut Screen::stdout(&mut out)) };
    given.and_then(|()| out.flush()).map_err(|error| Failure::Answer(error.kind()))
}
