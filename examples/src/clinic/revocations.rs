//! Revocations that reach a requester by hand.

use std::path::PathBuf;

use clap::Args;
use patient_wallet::Requester;
use patient_wallet::consent::ConsentError;
use patient_wallet::keys::SignedKind;
use zeroize::Zeroizing;

use crate::envelope;
use crate::errors::Failure;

/// The revocations that have come since.
#[derive(Args, Debug)]
pub(super) struct Arrived {
    /// Revocations that have come: files, - or texts; they are remembered
    #[arg(long, value_name = "F", num_args = 1..)]
    revocations: Vec<PathBuf>,
}

impl Arrived {
    /// Reads them, before there is anything to do.
    pub(super) fn read(&self) -> Result<Vec<Zeroizing<Vec<u8>>>, Failure> {
        let read = self.revocations.iter().map(|revocation| {
            let envelope = envelope::read(revocation)?;
            match SignedKind::of(&envelope) {
                Some(SignedKind::Revocation) => Ok(envelope),
                Some(_) => Err(ConsentError::WrongType.into()),
                None => Err(ConsentError::Invalid.into()),
            }
        });
        read.collect()
    }

    /// Tells whether one is read from standard input.
    pub(super) fn has_standard(&self) -> bool {
        self.revocations.iter().any(|path| crate::files::is_standard(path))
    }
}

/// Remembers revocations.
pub(super) fn remember(
    clinic: &mut Requester,
    revocations: &[Zeroizing<Vec<u8>>],
) -> Result<(), Failure> {
    revocations.iter().try_for_each(|revocation| Ok(clinic.receive(revocation).map(|_| ())?))
}
