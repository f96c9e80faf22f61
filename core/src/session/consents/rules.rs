//! Standing rules: what no approval, however late, may release.

use crate::audit::{Actor, AuditKind};
use crate::consent::{ConsentError, Rule, RuleId};
use crate::error::Error;
use crate::record::RecordId;
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};
use crate::vault::VaultError;

impl Session {
    /// Makes a standing rule; it holds for every consent, those that were given before included.
    ///
    /// # Errors
    /// [`VaultError::Db`]; [`VaultError::ReadOnly`].
    pub fn add_rule(&mut self, rule: &Rule) -> Result<(), Error> {
        let at = self.host.clock.now();
        let id = RecordId::from_bytes(*rule.id().as_bytes());
        self.remember(at, vec![Memo::new(Kind::Rule, id, rule.encode(), AuditKind::RuleAdded)])?;
        self.witness_later();
        Ok(())
    }

    /// Gives the standing rules, the oldest first.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn rules(&mut self) -> Result<Vec<Rule>, Error> {
        self.open()?.rules()
    }

    /// Drops a standing rule.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; as [`Session::erase`].
    pub fn remove_rule(&mut self, id: RuleId) -> Result<(), Error> {
        let id = RecordId::from_bytes(*id.as_bytes());
        if self.memo(Kind::Rule, id)?.is_none() {
            return Err(ConsentError::NotFound.into());
        }
        self.forget(&[id], (AuditKind::RuleRemoved, Actor::Patient))
    }
}

impl Open {
    /// Gives the standing rules.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]: a rule that cannot be read must not be passed over.
    pub(super) fn rules(&self) -> Result<Vec<Rule>, Error> {
        let read = |(_, memo): &(RecordId, crate::codec::Buffer)| {
            Rule::decode(memo).map_err(|_| VaultError::Damaged.into())
        };
        self.memos(Kind::Rule)?.iter().map(read).collect()
    }
}
