//! `wallet demo`: stories on sample data, told with the commands themselves and checked as it goes.

mod audit;
mod blood_group;
mod clinics;
mod facts;
mod folders;
mod forgotten;
mod insurer;
mod readers;
mod ready;
mod stage;
mod usb_stick;
mod visit;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::screen::Screen;

use self::stage::{Stage, quoted};

/// Tells the stories on sample data, in a fresh folder
#[derive(Args, Debug, Default)]
pub(crate) struct Demo {
    /// Only this story
    #[arg(value_enum)]
    story: Option<Story>,
}

#[derive(Clone, Copy, Debug, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
enum Story {
    /// A doctor asks for everything and gets what the patient grants, for a week
    Visit,
    /// Every access is told; what no consent covers stands out
    Audit,
    /// A blood group was wrong for 23 years; the correction hides nothing
    WrongBloodGroup,
    /// One record is erased: its keys are destroyed, not hidden
    RightToBeForgotten,
    /// The whole wallet goes to a file, and comes back on another device
    UsbStick,
    /// A standing rule keeps mental health from insurers, whatever is approved later
    Insurer,
}

impl Story {
    /// Gives the folder of a story that no other goes on with.
    const fn folder(self) -> Option<&'static str> {
        match self {
            Self::Visit => Some("visit"),
            Self::Audit => Some("audit"),
            _ => None,
        }
    }
}

#[derive(Serialize)]
struct Told {
    stories: Vec<Story>,
    folder: PathBuf,
    home: PathBuf,
    passphrase_file: PathBuf,
    facts: usize,
}

impl Demo {
    /// Tells one story, or one after the other.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let stories =
            self.story.map_or_else(|| Story::value_variants().to_vec(), |story| vec![story]);
        let mut stage = Stage::set(!context.json())?;
        for (place, story) in stories.iter().enumerate() {
            if place > 0 {
                stage.tell(|screen| writeln!(screen, "\n"))?;
            }
            stage.enter(story.folder())?;
            match story {
                Story::Visit => visit::tell(&mut stage)?,
                Story::Audit => audit::tell(&mut stage)?,
                Story::WrongBloodGroup => blood_group::tell(&mut stage)?,
                Story::RightToBeForgotten => forgotten::tell(&mut stage)?,
                Story::UsbStick => usb_stick::tell(&mut stage)?,
                Story::Insurer => insurer::tell(&mut stage)?,
            }
        }
        Ok(Box::new(Told {
            stories,
            folder: stage.folder().to_owned(),
            home: stage.home(),
            passphrase_file: stage.passphrase_file(),
            facts: stage.facts(),
        }))
    }
}

impl Tell for Told {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let wallet = program();
        writeln!(screen)?;
        screen.heading("And now you")?;
        screen.paragraph(&format!(
            "{}; {} facts were checked on the way. The wallet, its words, its passphrase and the \
             files are in {}. To go on with it:",
            if self.stories.len() == 1 { "The story is over" } else { "The stories are over" },
            self.facts,
            self.folder.display(),
        ))?;
        writeln!(screen)?;
        writeln!(screen, "  export WALLET_HOME={}", quoted(&self.home.to_string_lossy()))?;
        let passphrase = quoted(&self.passphrase_file.to_string_lossy());
        writeln!(screen, "  export WALLET_PASSPHRASE=\"$(cat {passphrase})\"")?;
        for command in NEXT {
            writeln!(screen, "  {wallet} {command}")?;
        }
        writeln!(screen)?;
        writeln!(screen, "All commands: {wallet} help")
    }
}

/// Gives the program as it was called, so that what is shown can be typed.
fn program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from);
    let path = called.filter(|called| called.components().count() > 1);
    path.map_or_else(|| "wallet".to_owned(), |path| quoted(&path.to_string_lossy()))
}

/// What a reader may try next.
const NEXT: [&str; 6] = [
    "records --label mental-health",
    "search apixaban",
    "add allergy \"Strawberries: hives\" --since 2019",
    "log --limit 3",
    "verify",
    "status",
];
