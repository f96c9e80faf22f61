//! `wallet inbox`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use patient_wallet::consent::RequestState;
use patient_wallet::session::InboxItem;
use serde::{Serialize, Serializer};

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::envelope;
use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::patient::review::{doubts, minute, name_of, tell_standing};
use crate::screen::{Screen, Table};
use crate::shapes::consent::{WhoShape, categories};

/// Lists the requests that came in, those that wait for an answer first
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Inbox {
    #[command(subcommand)]
    command: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Add),
}

/// Takes a request in; nothing is granted by it
#[derive(Args, Debug)]
struct Add {
    /// The request: a file, -, or its PMW1: text
    request: PathBuf,
}

#[derive(Serialize)]
struct Listed {
    requests: Vec<Item>,
    #[serde(skip)]
    ids: ShortIds,
}

#[derive(Serialize)]
struct Added {
    request: Item,
    #[serde(skip)]
    ids: ShortIds,
}

/// A request in the inbox as JSON.
struct Item(InboxItem);

#[derive(Serialize)]
struct Fields<'a> {
    id: String,
    state: &'static str,
    from: WhoShape,
    purpose: &'static str,
    categories: Vec<&'static str>,
    wanted_seconds: Option<u64>,
    reason: Option<&'a str>,
    received_at: String,
    expires_at: String,
}

impl Inbox {
    /// Lists the requests, or takes one in.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        if let Some(Action::Add(add)) = &self.command {
            let envelope = envelope::read(&add.request)?;
            let mut session = context.unlock()?;
            let item = session.receive_request(&envelope)?;
            let ids = ids(&session.inbox()?);
            context.lock(session);
            return Ok(Box::new(Added { request: Item(item), ids }));
        }
        let mut session = context.look()?;
        let inbox = session.inbox()?;
        context.lock(session);
        let ids = ids(&inbox);
        Ok(Box::new(Listed { requests: inbox.into_iter().map(Item).collect(), ids }))
    }
}

fn ids(inbox: &[InboxItem]) -> ShortIds {
    ShortIds::telling_apart(inbox.iter().map(|item| item.id.to_string()).collect())
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let InboxItem { id, received, who, state, request } = &self.0;
        let fields = Fields {
            id: id.to_string(),
            state: state.word(),
            from: WhoShape::from(who),
            purpose: request.purpose().code(),
            categories: categories(request.categories()),
            wanted_seconds: request.seconds(),
            reason: request.text(),
            received_at: received.to_string(),
            expires_at: request.expires_at().to_string(),
        };
        fields.serialize(serializer)
    }
}

impl Tell for Listed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.requests.is_empty() {
            return writeln!(screen, "No requests.");
        }
        let mut table = Table::new(["id", "state", "from", "standing", "answer by"], 2);
        for Item(item) in &self.requests {
            let waits = item.state == RequestState::Requested;
            table.push([
                self.ids.beginning(&item.id.to_string()).to_owned(),
                item.state.word().to_owned(),
                name_of(&item.who).to_owned(),
                item.who.standing.word().to_owned(),
                if waits { minute(item.request.expires_at()) } else { String::new() },
            ]);
        }
        table.tell(screen)?;
        let waiting = self.requests.iter().filter(|item| item.0.state == RequestState::Requested);
        for Item(item) in waiting {
            for doubt in doubts(&item.who) {
                let id = item.id.to_string();
                screen.paragraph(&format!("{}: {doubt}.", self.ids.beginning(&id)))?;
            }
        }
        Ok(())
    }
}

impl Tell for Added {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let Item(item) = &self.request;
        let id = item.id.to_string();
        let id = self.ids.beginning(&id);
        screen.title(&format!("Request {id} of {} is in the inbox", name_of(&item.who)))?;
        tell_standing(screen, &item.who)?;
        writeln!(screen, "\nwallet review {id} shows what they would get.")
    }
}
