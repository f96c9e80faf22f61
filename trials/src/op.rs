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
    Attach,
    Passphrase,
    Export,
    Erase,
    Backup,
    Rehearse,
    Restore,
    Suspend,
    Reopen,
    EraseWallet,
}

/// One operation, with the names of the records and files it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Op {
    pub(crate) kind: Kind,
    pub(crate) names: Vec<String>,
}

impl Kind {
    /// Every kind with its word.
    const ALL: [(Self, &'static str); 15] = [
        (Self::Create, "create"),
        (Self::Import, "import"),
        (Self::Correct, "correct"),
        (Self::Add, "add"),
        (Self::Relabel, "relabel"),
        (Self::Attach, "attach"),
        (Self::Passphrase, "passphrase"),
        (Self::Export, "export"),
        (Self::Erase, "erase"),
        (Self::Backup, "backup"),
        (Self::Rehearse, "rehearse"),
        (Self::Restore, "restore"),
        (Self::Suspend, "suspend"),
        (Self::Reopen, "reopen"),
        (Self::EraseWallet, "erase-wallet"),
    ];

    /// Reads the word of a kind.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(kind, _)| *kind)
    }

    /// Draws what is done next with a wallet that there is.
    pub(crate) fn draw(numbers: &mut Numbers) -> Self {
        // What makes records comes most often; what ends the wallet is asked for, never drawn.
        let between = Self::ALL.get(1..Self::ALL.len() - 1).unwrap_or_default();
        match numbers.below(10) {
            0..=2 => Self::Import,
            3 => Self::Add,
            _ => numbers.one_of(between).map_or(Self::Import, |(kind, _)| *kind),
        }
    }
}

impl Op {
    /// Draws the names of an operation from the records and the backups that there are.
    pub(crate) fn draw(
        kind: Kind,
        n: u64,
        numbers: &mut Numbers,
        there: &[String],
        backups: &[String],
    ) -> Self {
        let one_held = |numbers: &mut Numbers, of: &str| {
            let held: Vec<&String> = there.iter().filter(|name| name.starts_with(of)).collect();
            numbers.one_of(&held).map(|name| (*name).clone())
        };
        let names = match kind {
            Kind::Create | Kind::Passphrase | Kind::Suspend | Kind::Reopen | Kind::EraseWallet => {
                Vec::new()
            }
            Kind::Add => vec![format!("n{n}")],
            // To a record of the wallet, or, alone, to one that is made for it.
            Kind::Attach => {
                let to = (numbers.below(4) > 0).then(|| one_held(numbers, "Observation")).flatten();
                to.into_iter().chain([format!("a{n}")]).collect()
            }
            Kind::Export => vec![format!("e{n}")],
            Kind::Backup => vec![format!("b{n}")],
            Kind::Rehearse | Kind::Restore => {
                numbers.one_of(backups).cloned().into_iter().collect()
            }
            Kind::Correct | Kind::Relabel => one_held(numbers, "Observation").into_iter().collect(),
            Kind::Erase => {
                let of = if numbers.below(3) == 0 { "n" } else { "Observation" };
                one_held(numbers, of).into_iter().collect()
            }
            Kind::Import => {
                let fresh = (0..1 + numbers.below(6)).map(|at| format!("Observation/o{n}-{at}"));
                let first = (!there.iter().any(|name| name == PATIENT)).then(|| PATIENT.to_owned());
                let changed =
                    (numbers.below(2) == 0).then(|| one_held(numbers, "Observation")).flatten();
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
