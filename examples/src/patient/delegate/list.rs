//! `wallet delegate list`

use std::io::{self, Write};

use clap::Args;
use patient_wallet::record::Text;
use patient_wallet::session::{Delegation, Entrusted};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::screen::{Screen, Table};
use crate::shapes::consent::{categories, labels};

/// Lists who may act for you, and for whom you act
#[derive(Args, Debug)]
pub(super) struct List {}

#[derive(Serialize)]
struct Listed {
    delegations: Vec<DelegationShape>,
    entrusted: Vec<EntrustedShape>,
    #[serde(skip)]
    ids: ShortIds,
}

/// Somebody who may act for the patient, as JSON.
#[derive(Serialize)]
pub(super) struct DelegationShape {
    pub(super) id: String,
    pub(super) name: String,
    relation: &'static str,
    requesters: Vec<String>,
    categories: Vec<&'static str>,
    denied: Vec<&'static str>,
    acts: String,
    since: String,
    pub(super) until: String,
    ended: Option<String>,
}

/// A patient whom this wallet acts for, as JSON.
#[derive(Serialize)]
pub(super) struct EntrustedShape {
    pub(super) id: String,
    pub(super) patient: Option<String>,
    relation: &'static str,
    requesters: Vec<String>,
    categories: Vec<&'static str>,
    acts: String,
    at: String,
    pub(super) until: String,
    is_over: bool,
    signed: usize,
}

impl List {
    /// Lists both.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.unlock()?;
        let delegations: Vec<_> =
            session.delegations()?.iter().map(DelegationShape::from).collect();
        let entrusted: Vec<_> = session.entrusted()?.iter().map(EntrustedShape::from).collect();
        context.lock(session);
        let ids = delegations.iter().map(|one| one.id.clone());
        let ids = ids.chain(entrusted.iter().map(|one| one.id.clone())).collect();
        let ids = ShortIds::telling_apart(ids);
        Ok(Box::new(Listed { delegations, entrusted, ids }))
    }
}

impl From<&Delegation> for DelegationShape {
    fn from(one: &Delegation) -> Self {
        Self {
            id: one.id.to_string(),
            name: one.name.as_str().to_owned(),
            relation: one.relation.word(),
            requesters: owned(&one.requesters),
            categories: categories(one.categories),
            denied: labels(one.denied),
            acts: one.acts.to_string(),
            since: one.since.to_string(),
            until: one.until.to_string(),
            ended: one.ended.map(|ended| ended.to_string()),
        }
    }
}

impl From<&Entrusted> for EntrustedShape {
    fn from(one: &Entrusted) -> Self {
        Self {
            id: one.id.to_string(),
            patient: one.patient.as_ref().map(|name| name.as_str().to_owned()),
            relation: one.relation.word(),
            requesters: owned(&one.requesters),
            categories: categories(one.categories),
            acts: one.acts.to_string(),
            at: one.at.to_string(),
            until: one.until.to_string(),
            is_over: one.is_over,
            signed: one.signed,
        }
    }
}

impl Tell for Listed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.delegations.is_empty() && self.entrusted.is_empty() {
            return writeln!(screen, "Nobody acts for you, and you act for nobody.");
        }
        if !self.delegations.is_empty() {
            screen.title("They may act for you")?;
            let mut table = Table::new(["id", "name", "as", "may", "until"], 1);
            for one in &self.delegations {
                table.push([
                    self.ids.beginning(&one.id).to_owned(),
                    one.name.clone(),
                    one.relation.to_owned(),
                    one.acts.clone(),
                    one.ended.as_ref().map_or_else(|| one.until.clone(), |_| "ended".to_owned()),
                ]);
            }
            table.tell(screen)?;
        }
        if !self.entrusted.is_empty() {
            screen.title("You may act for them")?;
            let mut table = Table::new(["id", "patient", "as", "may", "until"], 1);
            for one in &self.entrusted {
                table.push([
                    self.ids.beginning(&one.id).to_owned(),
                    one.patient.clone().unwrap_or_default(),
                    one.relation.to_owned(),
                    one.acts.clone(),
                    if one.is_over { "over".to_owned() } else { one.until.clone() },
                ]);
            }
            table.tell(screen)?;
        }
        Ok(())
    }
}

fn owned(names: &[Text]) -> Vec<String> {
    names.iter().map(|name| name.as_str().to_owned()).collect()
}
