//! `wallet demo`: a story on sample data, told with the commands themselves and checked as it goes.

mod blood_group;
mod facts;
mod stage;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::screen::Screen;

use self::stage::{Stage, quoted};

/// Tells a story on sample data, in a fresh folder
#[derive(Args, Debug, Default)]
pub(crate) struct Demo {
    /// Which story
    #[arg(value_enum, default_value_t)]
    story: Story,
}

#[derive(Clone, Copy, Debug, Default, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
enum Story {
    /// A blood group was wrong for 23 years; the correction hides nothing
    #[default]
    WrongBloodGroup,
}

#[derive(Serialize)]
struct Told {
    story: Story,
    folder: PathBuf,
    home: PathBuf,
    passphrase_file: PathBuf,
    facts: usize,
}

impl Demo {
    /// Tells the story.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut stage = Stage::set(!context.json())?;
        match self.story {
            Story::WrongBloodGroup => blood_group::tell(&mut stage)?,
        }
        Ok(Box::new(Told {
            story: self.story,
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
            "The story is over; {} of its facts were checked on the way. The wallet, its words, its \
             passphrase and the files are in {}. To go on with it:",
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
const NEXT: [&str; 4] = [
    "records --label mental-health",
    "search apixaban",
    "add allergy \"Strawberries: hives\" --since 2019",
    "status",
];
