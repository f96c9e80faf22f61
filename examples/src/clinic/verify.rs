//! `wallet clinic verify`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use patient_wallet::keys::SignedKind;
use patient_wallet::record::Text;
use patient_wallet::requester::{Received, Verified};
use patient_wallet::{Error, Requester};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::clinic::revocations::{self, Arrived};
use crate::clinic::shapes::{ConsentShape, PatientShape};
use crate::clinic::terms;
use crate::context::Context;
use crate::envelope;
use crate::errors::Failure;
use crate::screen::Screen;

/// Verifies what a patient answered: a consent, a denial or a revocation; needs no network
#[derive(Args, Debug)]
pub(super) struct Verify {
    /// The answer: a file, - or its text
    token: PathBuf,
    #[command(flatten)]
    arrived: Arrived,
    /// Your own name for the patient; a new one is kept with the key, a known one has that key
    #[arg(long, value_name = "NAME", value_parser = terms::name)]
    patient: Option<String>,
}

/// What came of it.
#[derive(Default, Serialize)]
struct Verdict {
    valid: bool,
    error: Option<Refused>,
    standing: Option<&'static str>,
    consent: Option<ConsentShape>,
    patient: Option<PatientShape>,
    /// What the patient sent that is no consent.
    answer: Option<AnswerShape>,
    /// Whether a revocation is known to be missing here.
    gaps: bool,
    #[serde(skip)]
    failure: Option<Failure>,
}

#[derive(Serialize)]
struct Refused {
    code: &'static str,
    sentence: String,
    hint: Option<String>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum AnswerShape {
    Denial { request: String, reason: Option<String> },
    Revocation,
    Notice,
}

impl Verify {
    /// Verifies the answer.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let token = envelope::read(&self.token)?;
        let arrived = self.arrived.read()?;
        let mut clinic = context.requester()?;
        revocations::remember(&mut clinic, &arrived)?;
        let verdict = self.judge(&mut clinic, &token);
        let reader = clinic.profile()?.did.to_string();
        context.lock(clinic);
        let verdict = match verdict {
            Ok(Judged::Consent(verified)) => Verdict::of_consent(&verified, &reader),
            Ok(Judged::Other(received)) => Verdict::of_answer(received),
            // What is said of the answer itself is the verdict; anything else is a refusal.
            Err(error @ Error::Consent(_)) => Verdict::against(error.into()),
            Err(error) => return Err(error.into()),
        };
        Ok(Box::new(verdict))
    }

    fn judge(&self, clinic: &mut Requester, token: &[u8]) -> Result<Judged, Error> {
        if let Some(SignedKind::Denial | SignedKind::Revocation) = SignedKind::of(token) {
            return clinic.receive(token).map(Judged::Other);
        }
        let patient = self.patient.as_deref().map(Text::from);
        let verified = clinic.verify(token, patient.as_ref())?;
        Ok(Judged::Consent(Box::new(verified)))
    }
}

/// What was verified.
enum Judged {
    Consent(Box<Verified>),
    Other(Received),
}

impl Verdict {
    fn of_consent(verified: &Verified, reader: &str) -> Self {
        let token = verified.consent.token();
        Self {
            valid: true,
            standing: Some(verified.standing.word()),
            consent: Some(ConsentShape::of(token, reader)),
            patient: Some(PatientShape::of(token, verified.patient.as_ref())),
            gaps: verified.has_gaps,
            ..Self::default()
        }
    }

    fn of_answer(received: Received) -> Self {
        let (answer, standing, gaps) = match received {
            Received::Denied { request, standing, reason } => {
                let reason = reason.map(|reason| reason.as_str().to_owned());
                let answer = AnswerShape::Denial { request: request.to_string(), reason };
                (answer, Some(standing.word()), false)
            }
            Received::Revoked { has_gaps } => (AnswerShape::Revocation, None, has_gaps),
            Received::Noticed(_) => (AnswerShape::Notice, None, false),
        };
        Self { valid: true, answer: Some(answer), standing, gaps, ..Self::default() }
    }

    fn against(failure: Failure) -> Self {
        let error = Refused {
            code: failure.code(),
            sentence: failure.sentence(),
            hint: failure.hint().map(str::to_owned),
        };
        Self { error: Some(error), failure: Some(failure), ..Self::default() }
    }
}

impl Tell for Verdict {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        match &self.answer {
            Some(AnswerShape::Denial { request, reason }) => {
                screen.paragraph(match self.standing {
                    Some("known") => "The patient has denied the request; its key is destroyed.",
                    _ => {
                        "A key that is not known for the request has denied it. An answer still \
                         opens until the request ends."
                    }
                })?;
                screen.fact("request", request)?;
                screen.fact("reason", reason.as_deref().unwrap_or("none was given"))?;
            }
            Some(AnswerShape::Revocation) => {
                screen.paragraph("The revocation is remembered: what it names is refused.")?;
            }
            Some(AnswerShape::Notice) => {
                screen.paragraph("The notice is taken in; wallet clinic notice applies it.")?;
            }
            None => {}
        }
        if let Some((consent, patient)) = self.consent.as_ref().zip(self.patient.as_ref()) {
            writeln!(screen, "The consent is valid.")?;
            let standing = match self.standing {
                Some("known") => "the key that answered before",
                _ => "a key that never answered before",
            };
            consent.tell(patient, standing, screen)?;
        }
        if self.gaps {
            screen
                .paragraph("A revocation of this patient is missing here: ask for all of them.")?;
        }
        Ok(())
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.failure.take()
    }
}
