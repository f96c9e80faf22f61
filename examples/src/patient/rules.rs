//! `wallet rules`

use std::io::{self, Write};

use clap::error::ErrorKind;
use clap::{Args, Subcommand};
use patient_wallet::Session;
use patient_wallet::consent::{CategorySet, RequesterClass, Rule, RuleId};
use patient_wallet::record::{Category, LabelSet, SensitivityLabel};
use serde::{Serialize, Serializer};

use crate::answer::{Answer, Tell};
use crate::cli;
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::{self, ShortIds};
use crate::patient::filters;
use crate::screen::{Screen, Table};
use crate::shapes::consent::{categories, labels};

/// Lists the standing rules: what no consent, however late, may give
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Rules {
    #[command(subcommand)]
    command: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(List),
    Add(Add),
    Remove(Remove),
}

/// Lists the standing rules
#[derive(Args, Debug)]
struct List {}

/// Makes a rule; it holds for consents that were given before, too
#[derive(Args, Debug)]
struct Add {
    /// For whom: clinician, emergency, insurer, researcher, school, employer, authority, other;
    /// without it for everybody. Somebody nobody vouches for counts as each of them
    #[arg(long, value_name = "C", value_parser = class)]
    class: Option<RequesterClass>,
    /// No record under these labels: mental-health, substance-use, hiv, ...
    #[arg(long, value_name = "L,..", value_delimiter = ',', value_parser = filters::label)]
    label: Vec<SensitivityLabel>,
    /// No record of these categories: laboratory, notes, ...
    #[arg(long, value_name = "C,..", value_delimiter = ',', value_parser = filters::category)]
    category: Vec<Category>,
}

/// Drops a rule
#[derive(Args, Debug)]
struct Remove {
    /// Id of the rule, or its beginning
    id: String,
}

#[derive(Serialize)]
struct Listed {
    rules: Vec<Shape>,
    #[serde(skip)]
    ids: ShortIds,
}

#[derive(Serialize)]
struct Added {
    rule: Shape,
}

#[derive(Serialize)]
struct Removed {
    removed: String,
}

struct Shape(Rule);

#[derive(Serialize)]
struct Fields {
    id: String,
    class: Option<&'static str>,
    labels: Vec<&'static str>,
    categories: Vec<&'static str>,
}

impl Rules {
    /// Checks what no single argument shows.
    pub(crate) fn check(&self) -> Result<(), clap::Error> {
        match &self.command {
            Some(Action::Add(add)) if add.label.is_empty() && add.category.is_empty() => {
                let missing = "--label or --category says what is never given";
                Err(cli::usage(ErrorKind::MissingRequiredArgument, missing))
            }
            _ => Ok(()),
        }
    }

    /// Lists, makes or drops rules.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        match &self.command {
            None | Some(Action::List(List {})) => {
                let mut session = context.look()?;
                let rules = session.rules()?;
                context.lock(session);
                let ids = short(&rules);
                Ok(Box::new(Listed { rules: rules.into_iter().map(Shape).collect(), ids }))
            }
            Some(Action::Add(add)) => {
                let labels: LabelSet = add.label.iter().copied().collect();
                let categories: CategorySet = add.category.iter().copied().collect();
                let rule = Rule::new(RuleId::generate()?, add.class, labels, categories)?;
                let mut session = context.unlock()?;
                session.add_rule(&rule)?;
                context.lock(session);
                Ok(Box::new(Added { rule: Shape(rule) }))
            }
            Some(Action::Remove(remove)) => {
                let mut session = context.unlock()?;
                let id = resolve(&mut session, &remove.id)?;
                session.remove_rule(id)?;
                context.lock(session);
                Ok(Box::new(Removed { removed: id.to_string() }))
            }
        }
    }
}

fn resolve(session: &mut Session, typed: &str) -> Result<RuleId, Failure> {
    let rules = session.rules()?;
    ids::among(typed, rules.iter().map(Rule::id))
}

fn short(rules: &[Rule]) -> ShortIds {
    ShortIds::telling_apart(rules.iter().map(|rule| rule.id().to_string()).collect())
}

/// Reads the class of a requester.
pub(crate) fn class(text: &str) -> Result<RequesterClass, String> {
    let words = || RequesterClass::ALL.iter().map(|class| class.word()).collect::<Vec<_>>();
    text.parse().map_err(|_| format!("one of: {}", words().join(", ")))
}

impl Shape {
    fn whom(&self) -> &'static str {
        self.0.class().map_or("everybody", RequesterClass::word)
    }

    fn what(&self) -> String {
        let words = [labels(self.0.labels()), categories(self.0.categories())];
        words.concat().join(", ")
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rule = &self.0;
        let fields = Fields {
            id: rule.id().to_string(),
            class: rule.class().map(RequesterClass::word),
            labels: labels(rule.labels()),
            categories: categories(rule.categories()),
        };
        fields.serialize(serializer)
    }
}

impl Tell for Listed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.rules.is_empty() {
            return writeln!(screen, "No rules.");
        }
        let mut table = Table::new(["id", "for", "never gets"], 2);
        for rule in &self.rules {
            let id = rule.0.id().to_string();
            let id = self.ids.beginning(&id).to_owned();
            table.push([id, rule.whom().to_owned(), rule.what().replace(", ", "\n")]);
        }
        table.tell(screen)
    }
}

impl Tell for Added {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let (whom, what) = (self.rule.whom(), self.rule.what());
        screen.paragraph(&format!("From now on {whom} never gets: {what}."))?;
        screen.paragraph("What was given before stays given; under it nothing of this follows.")?;
        screen.fact("id", &self.rule.0.id().to_string())
    }
}

impl Tell for Removed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        writeln!(screen, "The rule is dropped.")
    }
}
