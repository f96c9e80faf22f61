//! `wallet disclose`

use std::path::PathBuf;

use clap::Args;
use patient_wallet::consent::Purpose;
use patient_wallet::record::RecordDate;

use crate::answer::Answer;
use crate::context::Context;
use crate::errors::Failure;
use crate::patient::filters;
use crate::patient::giving::{self, Outputs};
use crate::patient::review::{Detail, Preview};
use crate::patient::terms::{Dates, Terms};
use crate::{confirm, envelope};

/// Gives records to somebody who has not asked, by their contact
///
/// Shows what leaves, asks, signs and writes it. Without --for it holds for seven days, or as long as
/// the preset says.
#[derive(Args, Debug)]
pub(crate) struct Disclose {
    /// Contact of whoever shall read: a file, -, or its PMW1: text
    #[arg(long, value_name = "CONTACT")]
    to: PathBuf,
    /// What for: treatment, emergency, payment, research, patient-request, or a code such as TREAT
    #[arg(long, value_name = "P", value_parser = purpose)]
    purpose: Option<Purpose>,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    terms: Terms,
    /// Only records from this day, month, year or moment on
    #[arg(long, value_name = "D", value_parser = filters::date)]
    from: Option<RecordDate>,
    /// Only records up to this day, month, year or moment, itself included
    #[arg(long, value_name = "D", value_parser = filters::date)]
    up_to: Option<RecordDate>,
}

impl Disclose {
    /// Checks what no single argument shows.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        self.outputs.check()?;
        self.terms.check_unasked()?;
        self.dates().range().map(drop)
    }

    /// Reviews, asks, signs and writes.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let contact = envelope::read(&self.to)?;
        let places = self.outputs.find(context)?;
        confirm::demand(context)?;
        let mut session = context.unlock()?;
        let mut narrowing = self.terms.narrowing(&mut session, self.dates())?;
        if let Some(purpose) = self.purpose {
            narrowing = narrowing.purpose(purpose);
        }
        let review = session.review_contact(&contact, &narrowing)?;
        let preview = Preview::of(&mut session, review, self.terms.language(), Detail::Telling)?;
        giving::give(context, session, &preview, places)
    }

    /// Here --to is somebody, so the last day has another name.
    const fn dates(&self) -> Dates {
        Dates { from: self.from, to: self.up_to }
    }
}

/// Reads a purpose: its word or its code.
pub(crate) fn purpose(text: &str) -> Result<Purpose, String> {
    let words = || Purpose::ALL.iter().map(|purpose| purpose.word()).collect::<Vec<_>>();
    text.parse().map_err(|_| format!("one of: {}", words().join(", ")))
}
