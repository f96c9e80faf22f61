//! `wallet approve`

use std::path::PathBuf;

use clap::Args;

use crate::answer::Answer;
use crate::confirm;
use crate::context::Context;
use crate::errors::Failure;
use crate::patient::asked;
use crate::patient::giving::{self, Outputs};
use crate::patient::review::{Detail, Preview};
use crate::patient::terms::{Dates, Terms};

/// Answers a request with a consent: shows what leaves, asks, signs and writes it
///
/// You can only give less than was asked. The token says on which terms; the disclosure holds the
/// records, sealed to whoever asked. A request that is not in the inbox yet is taken in.
#[derive(Args, Debug)]
pub(crate) struct Approve {
    /// Id of the request, or its beginning; or the request: a file, -, or its PMW1: text
    request: PathBuf,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    dates: Dates,
}

impl Approve {
    /// Checks what no single argument shows.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        self.outputs.check()?;
        self.dates.range().map(drop)
    }

    /// Reviews, asks, signs and writes.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let places = self.outputs.find(context)?;
        confirm::demand(context)?;
        let mut session = context.unlock()?;
        let id = asked::find(&mut session, &self.request)?;
        let narrowing = self.terms.narrowing(&mut session, self.dates)?;
        let review = session.review(id, &narrowing)?;
        let preview = Preview::of(&mut session, review, self.terms.language(), Detail::Telling)?;
        giving::give(context, session, &preview, places)
    }
}
