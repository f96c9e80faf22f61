//! What may be done for a patient, what never, and by whom.

use std::fmt;
use std::str::FromStr;

use super::DelegationError;
use crate::codec::{Decoder, Encoder, Malformed};

/// Something that somebody could do for a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProxyAct {
    /// Reads the records that were given along.
    Read = 1,
    /// Consents.
    Approve = 2,
    /// Denies.
    Deny = 3,
    /// Gives more than is covered. Nobody can allow it.
    Widen = 16,
    /// Lets somebody else act. Nobody can allow it.
    DelegateOn = 17,
    /// Brings the patient's keys back. Nobody can allow it.
    Recover = 18,
    /// Erases what is the patient's. Nobody can allow it.
    Erase = 19,
}

impl ProxyAct {
    /// Every act, by ascending code.
    pub const ALL: &[Self] = &[
        Self::Read,
        Self::Approve,
        Self::Deny,
        Self::Widen,
        Self::DelegateOn,
        Self::Recover,
        Self::Erase,
    ];

    /// Returns the number of the act.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the word the act is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Widen => "widen",
            Self::DelegateOn => "delegate-on",
            Self::Recover => "recover",
            Self::Erase => "erase",
        }
    }

    /// Demands that a delegation can allow it at all.
    ///
    /// # Errors
    /// [`DelegationError::Widen`], [`DelegationError::DelegateOn`], [`DelegationError::Recover`],
    /// [`DelegationError::Erase`]: the name of what nobody can allow.
    pub const fn can_be_allowed(self) -> Result<(), DelegationError> {
        match self {
            Self::Read | Self::Approve | Self::Deny => Ok(()),
            Self::Widen => Err(DelegationError::Widen),
            Self::DelegateOn => Err(DelegationError::DelegateOn),
            Self::Recover => Err(DelegationError::Recover),
            Self::Erase => Err(DelegationError::Erase),
        }
    }
}

impl FromStr for ProxyAct {
    type Err = DelegationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|act| act.word() == text);
        found.ok_or(DelegationError::NotAllowed)
    }
}

/// What a delegation allows: reading, approving, denying, at least one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProxyActs(u8);

impl ProxyActs {
    /// Everything that can be allowed.
    pub const ALL: Self = Self(1 << 1 | 1 << 2 | 1 << 3);

    /// Takes acts.
    ///
    /// # Errors
    /// [`DelegationError::Invalid`] for none; as [`ProxyAct::can_be_allowed`].
    pub fn new(acts: &[ProxyAct]) -> Result<Self, DelegationError> {
        let mut all = 0;
        for act in acts {
            act.can_be_allowed()?;
            all |= 1 << act.code();
        }
        if all == 0 { Err(DelegationError::Invalid) } else { Ok(Self(all)) }
    }

    /// Says whether an act is among them.
    #[must_use]
    pub const fn contains(self, act: ProxyAct) -> bool {
        act.code() < 8 && self.0 & 1 << act.code() != 0
    }

    /// Gives them, by ascending code.
    pub fn iter(self) -> impl Iterator<Item = ProxyAct> {
        ProxyAct::ALL.iter().copied().filter(move |act| self.contains(*act))
    }

    pub(super) fn read(input: &mut Decoder<'_>) -> Result<Self, DelegationError> {
        let count = input.array()?;
        let (mut all, mut last) = (Vec::with_capacity(ProxyAct::ALL.len()), 0);
        for _ in 0..count {
            let code: u8 = input.narrow()?;
            if code <= last {
                return Err(Malformed.into());
            }
            last = code;
            let act = ProxyAct::ALL.iter().find(|act| act.code() == code);
            all.push(*act.ok_or(DelegationError::NotAllowed)?);
        }
        Self::new(&all)
    }

    pub(super) fn write(self, out: &mut Encoder) {
        out.array(self.iter().count());
        self.iter().for_each(|act| out.uint(act.code().into()));
    }
}

/// The words, with commas between them.
impl fmt::Display for ProxyActs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, act) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(act.word())?;
        }
        Ok(())
    }
}

/// How whoever acts stands to the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The patient's parent, until the patient is of age.
    Parent = 1,
    /// The patient's grown child.
    Child = 2,
    /// Somebody who cares for the patient.
    Carer = 3,
}

impl Relation {
    /// Every relation, by ascending code.
    pub const ALL: &[Self] = &[Self::Parent, Self::Child, Self::Carer];

    /// Returns the number of the relation.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Finds the relation of a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|relation| relation.code() == code)
    }

    /// Returns the word the relation is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Child => "child",
            Self::Carer => "carer",
        }
    }
}

impl FromStr for Relation {
    type Err = DelegationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|relation| relation.word() == text);
        found.ok_or(DelegationError::Invalid)
    }
}
