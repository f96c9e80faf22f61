//! `wallet clinic request`

use clap::Args;
use clap::error::ErrorKind;
use patient_wallet::consent::{AccessRequest, CategorySet, DateRange, Flags, Purpose};
use patient_wallet::record::{RecordDate, SensitivityLabel, Text};
use patient_wallet::requester::Ask;
use serde::Serialize;

use crate::answer::Answer;
use crate::clinic::{Made, terms};
use crate::context::Context;
use crate::envelope::Output;
use crate::errors::Failure;
use crate::patient::filters;
use crate::shapes::consent as shapes;
use crate::{cli, clock};

/// Makes a request, with a key of its own that the answer will be sealed to
#[derive(Args, Debug)]
pub(super) struct Request {
    /// What for: TREAT, ETREAT, BTG, HPAYMT, HRESCH, PATRQT, or the word
    #[arg(long, value_name = "P", value_parser = terms::purpose)]
    purpose: Purpose,
    /// Categories of records, or all; those of no category only when named: other
    #[arg(long, value_name = "C,..", value_delimiter = ',', required = true,
        value_parser = terms::categories)]
    categories: Vec<CategorySet>,
    /// Labels that are wanted by name: mental-health, substance-use, hiv, ...
    #[arg(long, value_name = "L,..", value_delimiter = ',', value_parser = filters::label)]
    labels: Vec<SensitivityLabel>,
    /// Only records from this day, month, year or moment on
    #[arg(long, value_name = "D", value_parser = filters::date)]
    from: Option<RecordDate>,
    /// Only records up to this day, month, year or moment, itself included
    #[arg(long, value_name = "D", value_parser = filters::date)]
    to: Option<RecordDate>,
    /// For how long to read, such as 48h or 7d; else as the patient decides
    #[arg(long = "for", value_name = "TIME", value_parser = clock::duration)]
    wanted: Option<u64>,
    /// How long copies are kept after the approval
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = clock::duration)]
    retain: u64,
    /// What the patient is told besides, at most 120 bytes
    #[arg(long, value_name = "TEXT", value_parser = terms::remark)]
    text: Option<String>,
    /// Where the answer goes, at most 96 bytes
    #[arg(long, value_name = "ADDRESS", value_parser = terms::address)]
    response: Option<String>,
    /// In which time it can be answered; 72h at most
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = clock::duration)]
    valid: u64,
    /// Your own name for a patient who answered before: only their key may answer
    #[arg(long, value_name = "NAME", value_parser = terms::name)]
    patient: Option<String>,
    #[command(flatten)]
    promises: Promises,
    #[command(flatten)]
    output: Output,
}

/// What a requester binds itself to.
#[derive(Args, Debug)]
struct Promises {
    /// Promises to look only, and to keep no copy
    #[arg(long)]
    view_only: bool,
    /// Promises to pass nothing on
    #[arg(long)]
    no_onward: bool,
    /// Promises to open the answer once
    #[arg(long)]
    single_use: bool,
}

#[derive(Serialize)]
struct Facts {
    request: RequestShape,
}

#[derive(Serialize)]
struct RequestShape {
    id: String,
    purpose: &'static str,
    categories: Vec<&'static str>,
    labels: Vec<&'static str>,
    wanted_seconds: Option<u64>,
    retain_seconds: u64,
    flags: Vec<&'static str>,
    expires_at: String,
}

impl Request {
    /// Refuses dates that no record can have.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        self.dates().map(|_| ())
    }

    /// Signs the request.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = self.output.place()?;
        let ask = self.ask()?;
        let mut clinic = context.requester()?;
        let request = clinic.request(&ask)?;
        context.lock(clinic);
        let facts = Facts { request: RequestShape::of(&AccessRequest::read(&request)?) };
        let advice = "the request, for the patient";
        Ok(Box::new(Made { facts, put: place.put(&request)?, advice }))
    }

    fn dates(&self) -> Result<Option<DateRange>, clap::Error> {
        if self.from.is_none() && self.to.is_none() {
            return Ok(None);
        }
        let range = DateRange::new(self.from.map(RecordDate::start), self.to.map(RecordDate::end));
        range.map(Some).map_err(|_| {
            cli::usage(ErrorKind::ValueValidation, "--to is before --from: no record is between")
        })
    }

    fn ask(&self) -> Result<Ask, Failure> {
        let text = |text: &Option<String>| text.as_deref().map(Text::from);
        Ok(Ask {
            categories: terms::joined(&self.categories),
            labels: self.labels.iter().copied().collect(),
            purpose: self.purpose,
            dates: self.dates().map_err(Failure::Usage)?,
            seconds: self.wanted,
            retain_seconds: self.retain,
            flags: self.promises.flags(),
            text: text(&self.text),
            response: text(&self.response),
            valid_seconds: self.valid,
            patient: text(&self.patient),
        })
    }
}

impl Promises {
    fn flags(&self) -> Flags {
        let given = [
            (self.view_only, Flags::VIEW_ONLY),
            (self.no_onward, Flags::NO_ONWARD),
            (self.single_use, Flags::SINGLE_USE),
        ];
        let given = given.into_iter().filter(|(is_given, _)| *is_given);
        given.fold(Flags::NONE, |flags, (_, flag)| flags.union(flag))
    }
}

impl RequestShape {
    fn of(request: &AccessRequest) -> Self {
        Self {
            id: request.id().to_string(),
            purpose: request.purpose().code(),
            categories: shapes::categories(request.categories()),
            labels: shapes::labels(request.labels()),
            wanted_seconds: request.seconds(),
            retain_seconds: request.retain_seconds(),
            flags: shapes::flags(request.flags()),
            expires_at: request.expires_at().to_string(),
        }
    }
}
