//! The operations of a trial: how one is drawn, written and read, and what it does to the wallet.

use std::fmt;

use crate::content::{Numbers, PATIENT};

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Create,
    Import,
    Correct,
    Add,
    Relabel,
    Passphrase,
    Export,
    Reopen,
}

/// One operation, with the names of the records it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Op {
    pub(crate) kind: Kind,
    pub(crate) names: Vec<String>,
}

impl Kind {
    /// Every kind with its word.
    const ALL: [(Self, &'static str); 8] = [
        (Self::Create, "create"),
        (Self::Import, "import"),
        (Self::Correct, "correct"),
        (Self::Add, "add"),
        (Self::Relabel, "relabel"),
        (Self::Passphrase, "passphrase"),
        (Self::Export, "export"),
        (Self::Reopen, "reopen"),
    ];

    /// Reads the word of a kind.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(kind, _)| *kind)
    }

    /// Draws what is done next with a wallet.
    pub(crate) fn draw(numbers: &mut Numbers) -> Self {
        // The first makes the wallet; imports and the patient's own hand come most often.
        let rest = Self::ALL.get(1..).unwrap_or_default();
        match numbers.below(10) {
            0..=1 => Self::Import,
            2 => Self::Add,
            _ => numbers.one_of(rest).map_or(Self::Import, |(kind, _)| *kind),
        }
    }
}

impl Op {
    /// Draws the names of an operation from the records that there are.
    pub(crate) fn draw(kind: Kind, n: u64, numbers: &mut Numbers, there: &[String]) -> Self {
        let held: Vec<&String> = there.iter().filter(|name| name.starts_with("Obs")).collect();
        let one_held = |numbers: &mut Numbers| numbers.one_of(&held).map(|name| (*name).clone());
        let names = match kind {
            Kind::Create | Kind::Passphrase | Kind::Reopen => Vec::new(),
            Kind::Add => vec![format!("n{n}")],
            Kind::Export => vec![format!("e{n}")],
            Kind::Correct | Kind::Relabel => one_held(numbers).into_iter().collect(),
            Kind::Import => {
                let fresh = (0..1 + numbers.below(6)).map(|at| format!("Observation/o{n}-{at}"));
                let first = (!there.iter().any(|name| name == PATIENT)).then(|| PATIENT.to_owned());
                let changed = (numbers.below(2) == 0).then(|| one_held(numbers)).flatten();
                first.into_iter().chain(fresh).chain(changed).collect()
            }
        };
        Self { kind, names }
    }

    /// Reads an operation as it is written.
    pub(crate) fn parse(mut words: std::str::SplitWhitespace<'_>) -> Option<Self> {
        let kind = Kind::parse(words.next()?)?;
        Some(Self { kind, names: words.map(str::to_owned).collect() })
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word =
            Kind::ALL.iter().find(|(kind, _)| *kind == self.kind).map_or("", |(_, word)| word);
        f.write_str(word)?;
        self.names.iter().try_for_each(|name| write!(f, " {name}"))
    }
}
