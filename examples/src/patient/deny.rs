//! `wallet deny`

use std::io;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::envelope::{Output, Put};
use crate::errors::Failure;
use crate::patient::asked;
use crate::screen::Screen;

/// Denies a request: the signed answer says no more than that, and the reason you give
#[derive(Args, Debug)]
pub(crate) struct Deny {
    /// Id of the request, or its beginning; or the request: a file, -, or its PMW1: text
    request: PathBuf,
    /// A reason, which they see
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Denied {
    request: String,
    #[serde(flatten)]
    put: Put,
}

impl Deny {
    /// Signs the answer.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = self.output.place()?;
        let mut session = context.unlock()?;
        let id = asked::find(&mut session, &self.request)?;
        let denial = session.deny(id, self.reason.as_deref())?;
        context.lock(session);
        Ok(Box::new(Denied { request: id.to_string(), put: place.put(&denial)? }))
    }
}

impl Tell for Denied {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if let Some(file) = self.put.file() {
            screen.paragraph(&format!("Denied. The answer is in {}.", file.display()))?;
        }
        self.put.tell(screen)
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.put.shortfall()
    }
}
