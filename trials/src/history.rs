//! What was begun, done and promised, and the wallets that this allows.
//!
//! One line each: `seed S`, `begin N OP`, `ack N [DIGEST]`, `failed N CODE`, `settled I`. What was
//! done is there. What was begun and not done is there whole or not at all; which of the two is
//! settled by the next check, for good.

use std::collections::BTreeMap;
use std::io::Read;

use crate::Trouble;
use crate::content::{Digest, PATIENT, attached, authored, digest, note, resource};
use crate::op::{Kind, Op};

/// What a wallet holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    /// Number of the operation that set the passphrase; `None` where there is no wallet.
    pub(crate) passphrase: Option<u64>,
    pub(crate) records: Records,
    /// Digests of the files beside the wallet; `None` where it was not promised.
    pub(crate) files: BTreeMap<String, Option<Digest>>,
    /// Number of the operation that made the wallet.
    pub(crate) made: u64,
    /// What each backup would bring back, and which wallet it was made of.
    pub(crate) backups: BTreeMap<String, (u64, Records)>,
}

/// What a wallet knows of each record.
pub(crate) type Records = BTreeMap<String, Held>;

/// Stands for a text that nobody can foretell.
pub(crate) const ANY: &str = "*";

/// What a wallet knows of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Digests of its versions.
    pub(crate) versions: Vec<Digest>,
    /// Digests of its attachments.
    pub(crate) attachments: BTreeMap<String, Digest>,
}

/// What was said so far.
#[derive(Debug)]
pub(crate) struct History {
    seed: u64,
    open: Option<(u64, Op)>,
    next: u64,
    possible: Vec<Model>,
}

impl History {
    /// Begins where nothing has happened.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, open: None, next: 0, possible: vec![Model::default()] }
    }

    /// Reads a history to its end.
    pub(crate) fn read(mut from: impl Read) -> Result<Self, Trouble> {
        let mut text = String::new();
        from.read_to_string(&mut text)?;
        let mut history = Self::new(0);
        for line in text.lines() {
            history.hear(line).ok_or(Trouble::Usage("the history has a line that says nothing"))?;
        }
        history.give_up();
        Ok(history)
    }

    /// Takes one line in.
    pub(crate) fn hear(&mut self, line: &str) -> Option<()> {
        let mut words = line.split_whitespace();
        let word = words.next()?;
        let number = words.next()?.parse::<u64>().ok()?;
        match word {
            "seed" => self.seed = number,
            "begin" => {
                self.give_up();
                self.open = Some((number, Op::parse(words)?));
                self.next = number.checked_add(1)?;
            }
            "ack" => {
                let (n, op) = self.open.take().filter(|(n, _)| *n == number)?;
                let promised = words.next();
                for model in &mut self.possible {
                    model.apply(self.seed, n, &op, promised);
                }
            }
            "failed" => self.give_up(),
            "settled" => {
                self.give_up();
                let model = self.possible.get(usize::try_from(number).ok()?)?.clone();
                self.possible = vec![model];
            }
            _ => return None,
        }
        self.possible.dedup();
        Some(())
    }

    /// Gives the wallets that may be there, the one without what was not done first.
    pub(crate) fn possible(&self) -> &[Model] {
        &self.possible
    }

    /// Gives what the trials follow from.
    pub(crate) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Gives the number of the next operation.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// Tells whether nothing was said yet.
    pub(crate) const fn is_new(&self) -> bool {
        self.next == 0
    }

    /// What is open may be done or not from here on.
    fn give_up(&mut self) {
        if let Some((n, op)) = self.open.take() {
            let mut with = self.possible.clone();
            for model in &mut with {
                model.apply(self.seed, n, &op, None);
            }
            with.retain(|model| !self.possible.contains(model));
            self.possible.append(&mut with);
        }
    }
}

impl Model {
    /// Gives the names of the backups that can come in the place of the wallet, and what each would
    /// bring back.
    pub(crate) fn backups(&self) -> impl Iterator<Item = (&String, &Records)> {
        let fits = |made: u64| self.passphrase.is_none() || made == self.made;
        self.backups
            .iter()
            .filter(move |(_, (made, _))| fits(*made))
            .map(|(name, (_, it))| (name, it))
    }

    fn apply(&mut self, seed: u64, n: u64, op: &Op, promised: Option<&str>) {
        if op.kind != Kind::Attach {
            for name in &op.names {
                self.apply_to(seed, n, op.kind, name, promised);
            }
        }
        match op.kind {
            Kind::Attach => self.attach(seed, n, &op.names),
            Kind::Create => (self.passphrase, self.made) = (Some(n), n),
            Kind::Passphrase => self.passphrase = Some(n),
            Kind::EraseWallet => (self.passphrase, self.records) = (None, Records::new()),
            _ => {}
        }
    }

    fn attach(&mut self, seed: u64, n: u64, names: &[String]) {
        let (Some(to), Some(name)) = (names.first(), names.last()) else { return };
        let held = self.records.entry(to.clone()).or_default();
        if held.versions.is_empty() {
            // The resource that is made for it names it by a random id.
            held.versions.push(ANY.to_owned());
        }
        held.attachments.insert(name.clone(), digest(&attached(seed, n)));
    }

    fn apply_to(&mut self, seed: u64, n: u64, kind: Kind, name: &str, promised: Option<&str>) {
        let has_patient = self.records.contains_key(PATIENT);
        let mut version =
            |digest| self.records.entry(name.to_owned()).or_default().versions.push(digest);
        match kind {
            Kind::Import | Kind::Correct => version(digest(resource(seed, n, name).as_bytes())),
            Kind::Add => version(digest(authored(&note(seed, n, name), has_patient).as_bytes())),
            Kind::Relabel => {
                if let Some(held) = self.records.get_mut(name) {
                    held.versions.extend(held.versions.last().cloned());
                }
            }
            Kind::Erase => drop(self.records.remove(name)),
            Kind::Export => drop(self.files.insert(name.to_owned(), promised.map(str::to_owned))),
            Kind::Backup => {
                self.files.insert(name.to_owned(), promised.map(str::to_owned));
                self.backups.insert(name.to_owned(), (self.made, self.records.clone()));
            }
            Kind::Restore => {
                if let Some((made, records)) = self.backups.get(name).cloned() {
                    (self.passphrase, self.made, self.records) = (Some(n), made, records);
                }
            }
            Kind::Create
            | Kind::Attach
            | Kind::Passphrase
            | Kind::Rehearse
            | Kind::Suspend
            | Kind::Reopen
            | Kind::EraseWallet => {}
        }
    }
}
