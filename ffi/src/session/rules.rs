//! Whom the patient believes, and what is never given: directories, rules, the clock.

use patient_wallet::consent::{self, RequesterClass, RuleId};
use patient_wallet::keys::DidKey;
use patient_wallet::record::{Category, SensitivityLabel};
use patient_wallet::session;

use crate::error::{WalletError, refused};
use crate::page::{page, part};
use crate::parse;
use crate::session::Session;

/// A standing rule: what a class of readers never sees, whatever is approved later.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Rule {
    /// Names the rule.
    pub id: String,
    /// For whom; absent for everybody.
    pub requester_class: Option<RequesterClass>,
    /// Labels denied.
    pub labels: Vec<SensitivityLabel>,
    /// Categories denied.
    pub categories: Vec<Category>,
}

page! {
    /// A page of standing rules.
    RulePage of Rule
}

/// A directory that the patient believes.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct TrustedDirectory {
    /// Names it in this wallet.
    pub id: String,
    /// Its name, as it says.
    pub name: String,
    /// Its key, as a DID.
    pub key: String,
    /// Since when its contact is here.
    pub since: u64,
    /// When its own contact expires.
    pub expires: u64,
    /// From when the latest list of credentials is that it took back; absent without one.
    pub list: Option<u64>,
    /// Whether that list is missing or older than a day.
    pub is_stale: bool,
    /// Names of other directories that the patient believes, which are its own or look like it.
    pub looks_like: Vec<String>,
}

page! {
    /// A page of directories that the patient believes.
    DirectoryPage of TrustedDirectory
}

/// Somebody to whom something was given or denied.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct KnownRequester {
    /// The name, as it was shown.
    pub name: String,
    /// The DID that the patient's keys for them derive from.
    pub did: String,
    /// Since when something was given to them; absent for whom everything was denied.
    pub since: Option<u64>,
}

page! {
    /// A page of known requesters.
    KnownRequesterPage of KnownRequester
}

#[uniffi::export]
impl Session {
    /// Makes a standing rule that denies labels and categories to a class of readers, or to
    /// everybody.
    pub fn add_rule(
        &self,
        requester_class: Option<RequesterClass>,
        labels: Vec<SensitivityLabel>,
        categories: Vec<Category>,
    ) -> Result<Rule, WalletError> {
        let (labels, categories) = (parse::label_set(labels), parse::category_set(categories));
        self.home.call(|open| {
            let id = RuleId::generate().map_err(refused)?;
            let rule =
                consent::Rule::new(id, requester_class, labels, categories).map_err(refused)?;
            open.session.add_rule(&rule)?;
            Ok(rule.into())
        })
    }

    /// Lists the standing rules.
    pub fn rules(&self, offset: u64, limit: u32) -> Result<RulePage, WalletError> {
        let rules = self.call(session::Session::rules)?;
        Ok(part(rules, offset, limit, Rule::from).into())
    }

    /// Drops a standing rule.
    pub fn remove_rule(&self, id: String) -> Result<(), WalletError> {
        self.home.call(|open| Ok(open.session.remove_rule(parse::id(&id)?)?))
    }

    /// Believes a directory by its contact (`pmw-cc`), or takes in what it has taken back
    /// (`pmw-cl`).
    pub fn trust(&self, envelope: Vec<u8>) -> Result<TrustedDirectory, WalletError> {
        Ok(self.call(|session| session.trust(&envelope))?.into())
    }

    /// Lists the directories that the patient believes.
    pub fn trusted(&self, offset: u64, limit: u32) -> Result<DirectoryPage, WalletError> {
        let trusted = self.call(session::Session::trusted)?;
        Ok(part(trusted, offset, limit, TrustedDirectory::from).into())
    }

    /// Believes a directory no more.
    pub fn distrust(&self, id: String) -> Result<(), WalletError> {
        self.home.call(|open| Ok(open.session.distrust(parse::id(&id)?)?))
    }

    /// Lists those to whom something was given or denied.
    pub fn known_requesters(
        &self,
        offset: u64,
        limit: u32,
    ) -> Result<KnownRequesterPage, WalletError> {
        let known = self.call(session::Session::known_requesters)?;
        Ok(part(known, offset, limit, KnownRequester::from).into())
    }

    /// Tells by how many seconds the device's clock stands before the log's last entries; while it
    /// does, the later time counts for consents.
    pub fn clock_lag(&self) -> Result<u64, WalletError> {
        self.call(session::Session::clock_lag)
    }

    /// Says that the device's clock is right, and the log's time was ahead.
    pub fn confirm_clock(&self) -> Result<(), WalletError> {
        self.call(session::Session::confirm_clock)
    }
}

impl From<consent::Rule> for Rule {
    fn from(rule: consent::Rule) -> Self {
        Self {
            id: rule.id().to_string(),
            requester_class: rule.class(),
            labels: parse::labels(rule.labels()),
            categories: parse::categories(rule.categories()),
        }
    }
}

impl From<session::TrustedDirectory> for TrustedDirectory {
    fn from(directory: session::TrustedDirectory) -> Self {
        Self {
            id: directory.id.to_string(),
            name: directory.name.as_str().to_owned(),
            key: DidKey::from(&directory.key).to_string(),
            since: directory.since.unix(),
            expires: directory.expires.unix(),
            list: directory.list.map(parse::seconds),
            is_stale: directory.is_stale,
            looks_like: parse::texts(&directory.looks_like),
        }
    }
}

impl From<session::KnownRequester> for KnownRequester {
    fn from(known: session::KnownRequester) -> Self {
        Self {
            name: known.name.as_str().to_owned(),
            did: known.did.as_str().to_owned(),
            since: known.since.map(parse::seconds),
        }
    }
}
