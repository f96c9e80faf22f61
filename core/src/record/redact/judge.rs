//! Who tells what may be named.

/// What a reference, as it is written, leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The patient, whose only name outside is the key that signs the consent.
    Patient,
    /// A record of the same disclosure.
    Disclosed,
    /// Anything else, known or not.
    Other,
}

/// Knows which records are disclosed.
pub trait Judge {
    /// Tells what a reference leads to.
    fn reference(&self, reference: &str) -> Aim;

    /// Says whether a text is the resource id of a record that stays behind, and of no other.
    fn is_withheld_id(&self, _id: &str) -> bool {
        false
    }
}

impl<F: Fn(&str) -> Aim> Judge for F {
    fn reference(&self, reference: &str) -> Aim {
        self(reference)
    }
}
