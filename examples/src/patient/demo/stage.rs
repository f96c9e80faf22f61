//! The stage of a story: a fresh folder, a passphrase, commands run as they are shown.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Parser;
use patient_wallet::file;
use patient_wallet::keys::{KdfParams, Mnemonic, WordCount};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::answer::Answer;
use crate::cli::Cli;
use crate::context::{Aside, Context};
use crate::errors::{CliError, Failure};
use crate::files;
use crate::screen::{Screen, WIDTH, clean, columns};

/// Somebody with a home: the names of its folder and of the file with its passphrase.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role {
    pub(crate) home: &'static str,
    pub(crate) passphrase: &'static str,
}

/// A fresh folder in which a story takes place.
#[derive(Debug)]
pub(crate) struct Stage {
    root: PathBuf,
    folder: PathBuf,
    /// Names of the wallet's folder and of the file with its passphrase.
    home: &'static str,
    passphrase: &'static str,
    /// The folder that WALLET_HOME names.
    exported: &'static str,
    is_told: bool,
    now: &'static str,
    facts: usize,
}

impl Stage {
    /// Makes the folder; `is_told` says whether anybody listens.
    pub(crate) fn set(is_told: bool) -> Result<Self, Failure> {
        let (root, folder) = (fresh_folder()?, PathBuf::new());
        let (home, passphrase, exported) = (FIRST_HOME, FIRST_PASSPHRASE, FIRST_HOME);
        Ok(Self { root, folder, home, passphrase, exported, is_told, now: "", facts: 0 })
    }

    /// Goes into the folder that a story takes place in, its own or the common one.
    pub(crate) fn enter(&mut self, own: Option<&str>) -> Result<(), Failure> {
        let folder = own.map_or_else(|| self.root.clone(), |name| self.root.join(name));
        if folder == self.folder {
            return Ok(());
        }
        self.folder = folder;
        if !self.folder.exists() {
            private_folder(&self.folder)
                .map_err(|error| files::unwritable(&self.folder, error.kind()))?;
        }
        self.exported = FIRST_HOME;
        self.play(Role { home: FIRST_HOME, passphrase: FIRST_PASSPHRASE })
    }

    /// Lets somebody act, in a home of their own with a passphrase that is drawn for it.
    pub(crate) fn play(&mut self, role: Role) -> Result<(), Failure> {
        (self.home, self.passphrase) = (role.home, role.passphrase);
        if !self.passphrase_file().exists() {
            self.draw_passphrase()?;
        }
        if self.exported == self.home {
            return Ok(());
        }
        self.exported = self.home;
        let home = quoted(&self.home().to_string_lossy());
        self.tell(|screen| screen.heading(&format!("\n$ export WALLET_HOME={home}")))
    }

    /// Gives whoever acts now.
    pub(crate) const fn role(&self) -> Role {
        Role { home: self.home, passphrase: self.passphrase }
    }

    /// Goes on in another folder, with a passphrase that is drawn for it.
    pub(crate) fn move_to(
        &mut self,
        home: &'static str,
        passphrase: &'static str,
    ) -> Result<(), Failure> {
        self.home = home;
        self.passphrase = passphrase;
        self.draw_passphrase()
    }

    fn draw_passphrase(&self) -> Result<(), Failure> {
        let words = Mnemonic::generate(WordCount::Twelve)?;
        let mut passphrase = Zeroizing::new(String::with_capacity(9 * PASSPHRASE_WORDS));
        for word in words.dangerous_words().take(PASSPHRASE_WORDS) {
            if !passphrase.is_empty() {
                passphrase.push(' ');
            }
            passphrase.push_str(word);
        }
        self.write(self.passphrase, passphrase.as_bytes()).map(drop)
    }

    /// Gives the folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives the folder of the wallet.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join(self.home)
    }

    /// Gives the file with the passphrase.
    pub(crate) fn passphrase_file(&self) -> PathBuf {
        self.folder.join(self.passphrase)
    }

    /// Gives the number of facts that were checked.
    pub(crate) const fn facts(&self) -> usize {
        self.facts
    }

    /// Sets the clock of the story.
    pub(crate) const fn at(&mut self, moment: &'static str) {
        self.now = moment;
    }

    /// Writes a file into the folder and gives its path.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<String, Failure> {
        let path = self.folder.join(name);
        file::create_private(&path)
            .and_then(|mut file| file.write_all(content))
            .map_err(|error| files::unwritable(&path, error.kind()))?;
        Ok(path.to_string_lossy().into_owned())
    }

    /// Shows the passphrase that was drawn.
    pub(crate) fn show_passphrase(&self) -> Result<(), Failure> {
        self.tell(|screen| {
            let passphrase = fs::read_to_string(self.passphrase_file())?;
            writeln!(screen, "\n  passphrase (drawn, for this story only): {passphrase}")
        })
    }

    /// Gives the path of a file of the story.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// Begins a story.
    pub(crate) fn title(&self, title: &str) -> Result<(), Failure> {
        self.tell(|screen| {
            screen.heading(title)?;
            writeln!(screen, "{}", "=".repeat(columns(title)))
        })
    }

    /// Begins a part of the story.
    pub(crate) fn part(&self, title: &str, text: &str) -> Result<(), Failure> {
        self.tell(|screen| {
            writeln!(screen)?;
            screen.heading(title)?;
            screen.paragraph(text)
        })
    }

    /// Tells something.
    pub(crate) fn say(&self, text: &str) -> Result<(), Failure> {
        self.tell(|screen| {
            writeln!(screen)?;
            screen.paragraph(text)
        })
    }

    /// Shows a command, runs it, shows its answer and gives it as JSON.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        self.show_command(arguments)?;
        let mut answer = self.answer(arguments, self.is_told)?;
        self.tell(|screen| answer.tell(screen))?;
        answer.shortfall().map_or_else(|| json(answer.as_ref()), Err)
    }

    /// Runs a command that nobody sees, to check a fact, and gives its answer as JSON.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Result<String, Failure> {
        json(self.answer(arguments, false)?.as_ref())
    }

    /// Shows a command and its answer, without what is told beside it, and gives it as JSON.
    pub(crate) fn run_briefly(&self, arguments: &[&str]) -> Result<String, Failure> {
        self.show_command(arguments)?;
        let answer = self.answer(arguments, false)?;
        self.tell(|screen| answer.tell(screen))?;
        json(answer.as_ref())
    }

    /// Shows a command that must be refused, and gives the code of the refusal.
    pub(crate) fn refused(&self, arguments: &[&str]) -> Result<&'static str, Failure> {
        self.show_command(arguments)?;
        let failure = self.failed(arguments, self.is_told)?;
        self.tell(|screen| screen.lines(&failure.to_string()))?;
        Ok(failure.code())
    }

    /// Runs a command that nobody sees and that must be refused, and gives the code.
    pub(crate) fn refused_unseen(&self, arguments: &[&str]) -> Result<&'static str, Failure> {
        Ok(self.failed(arguments, false)?.code())
    }

    fn failed(&self, arguments: &[&str], is_seen: bool) -> Result<Failure, Failure> {
        let failure = match self.answer(arguments, is_seen) {
            Ok(mut answer) => answer.shortfall(),
            Err(failure) => Some(failure),
        };
        let not_refused = || CliError::Story { fact: "a command was not refused".to_owned() };
        failure.ok_or_else(|| not_refused().into())
    }

    /// Checks a fact of the story.
    pub(crate) fn holds(&mut self, fact: &str, is_so: bool) -> Result<(), Failure> {
        if !is_so {
            return Err(CliError::Story { fact: fact.to_owned() }.into());
        }
        self.facts += 1;
        Ok(())
    }

    /// Writes for whoever listens.
    pub(crate) fn tell(
        &self,
        write: impl FnOnce(&mut Screen<'_>) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if !self.is_told {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        let told = write(&mut Screen::stdout(&mut out)).and_then(|()| out.flush());
        told.map_err(|error| Failure::Answer(error.kind()))
    }

    fn show_command(&self, arguments: &[&str]) -> Result<(), Failure> {
        let home = self.home().to_string_lossy().into_owned();
        // A verification needs no home.
        let is_elsewhere = self.home != self.exported
            && !arguments.contains(&"--home")
            && !arguments.starts_with(&["audit", "verify"]);
        let lines = command_lines(is_elsewhere.then_some(home.as_str()), arguments);
        self.tell(|screen| {
            writeln!(screen)?;
            lines.iter().try_for_each(|line| screen.heading(line))
        })
    }

    /// Runs a command as if it had been typed, with the story's home, clock and passphrase.
    fn answer(&self, arguments: &[&str], is_seen: bool) -> Result<Box<dyn Answer>, Failure> {
        let mut line = ["wallet", "--at", self.now].map(OsString::from).to_vec();
        if !arguments.contains(&"--home") {
            line.extend([OsString::from("--home"), self.home().into()]);
        }
        if !arguments.contains(&"--passphrase-file") {
            line.extend([OsString::from("--passphrase-file"), self.passphrase_file().into()]);
        }
        line.extend(arguments.iter().map(OsString::from));
        let not_understood = || CliError::Story { fact: "a command was not understood".to_owned() };
        let cli = Cli::try_parse_from(line).map_err(|_| not_understood())?;
        let aside = if is_seen { Aside::Stdout } else { Aside::Nowhere };
        let context = Context::new(cli.common)?.measured(KdfParams::APP).telling(aside);
        cli.command.ok_or_else(not_understood)?.run(&context)
    }
}

/// Reads an answer.
pub(crate) fn parsed(json: &str) -> Result<Value, Failure> {
    serde_json::from_str(json)
        .map_err(|_| CliError::Story { fact: "an answer is not JSON".to_owned() }.into())
}

/// Writes an argument as a shell wants it.
pub(crate) fn quoted(argument: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:=,".contains(letter);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

/// Writes a command as it would be typed, each option on a line of its own where one is too short.
fn command_lines(home: Option<&str>, arguments: &[&str]) -> Vec<String> {
    let words: Vec<_> = arguments.iter().map(|argument| quoted(&clean(argument))).collect();
    let program =
        home.map_or_else(|| "$ wallet".to_owned(), |it| format!("$ wallet --home {}", quoted(it)));
    let line = format!("{program} {}", words.join(" "));
    if columns(&line) <= WIDTH {
        return vec![line];
    }
    let mut lines = vec![program];
    for (place, word) in words.into_iter().enumerate() {
        let begins = word.starts_with('-') || place == 0 && home.is_some();
        let is_full = |line: &str| {
            let wide = columns(line) + 1 + columns(&word) + CONTINUES.len() > WIDTH;
            wide && columns(&word) + 4 + CONTINUES.len() <= WIDTH
        };
        match lines.last_mut() {
            Some(line) if !begins && !is_full(line) => {
                line.push(' ');
                line.push_str(&word);
            }
            last => {
                if let Some(line) = last {
                    line.push_str(" \\");
                }
                lines.push(format!("    {word}"));
            }
        }
    }
    lines.iter().flat_map(|line| continued(line)).collect()
}

/// Breaks a line that is still too long inside its quoted argument, so that a shell joins it again.
fn continued(line: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = line.to_owned();
    while columns(&rest) > WIDTH && rest.matches('\'').count() == 2 {
        let inside = rest.find('\'')..rest.rfind('\'');
        let fits = |at: &usize| {
            rest.get(..=*at).is_some_and(|before| columns(before) + CONTINUES.len() <= WIDTH)
        };
        let blanks = rest.match_indices(' ').map(|(at, _)| at);
        let last = blanks.filter(|at| inside.contains(&Some(*at))).take_while(fits).last();
        let Some((before, after)) = last.and_then(|at| rest.split_at_checked(at + 1)) else {
            break;
        };
        lines.push(format!("{before}{CONTINUES}"));
        rest = format!("'{after}");
    }
    lines.push(rest);
    lines
}

fn json(answer: &dyn Answer) -> Result<String, Failure> {
    let mut json = Vec::new();
    answer.write_json(&mut json).map_err(|error| Failure::Answer(error.kind()))?;
    String::from_utf8(json).map_err(|_| Failure::Answer(ErrorKind::InvalidData))
}

/// Makes `target/demo-N` inside a checkout, a temporary folder elsewhere.
fn fresh_folder() -> Result<PathBuf, Failure> {
    let is_checkout = fs::read_to_string("Cargo.toml")
        .is_ok_and(|text| text.contains("[workspace]"))
        && Path::new("examples/stories").is_dir();
    let (parent, name) = if is_checkout {
        (PathBuf::from("target"), "demo")
    } else {
        (std::env::temp_dir(), "patient-wallet-demo")
    };
    let unwritable = |error: io::Error| files::unwritable(&parent, error.kind());
    fs::create_dir_all(&parent).map_err(unwritable)?;
    for number in 1..MOST_FOLDERS {
        let folder = parent.join(format!("{name}-{number}"));
        match private_folder(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(unwritable(error)),
        }
    }
    Err(unwritable(ErrorKind::AlreadyExists.into()))
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

const FIRST_HOME: &str = "home";
const FIRST_PASSPHRASE: &str = "passphrase";
/// 44 bits: enough for a story.
const PASSPHRASE_WORDS: usize = 4;
/// Ends a quoted argument that goes on in the next line.
const CONTINUES: &str = "'\\";
const MOST_FOLDERS: u32 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_for_a_shell() {
        assert_eq!(quoted("target/demo-1/words"), "target/demo-1/words");
        assert_eq!(quoted("http://loinc.org|882-1"), "'http://loinc.org|882-1'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_long_command_has_a_line_for_each_option() {
        assert_eq!(command_lines(None, &["show", "3f"]), ["$ wallet show 3f"]);
        let reason = "because ".repeat(10);
        assert_eq!(
            command_lines(None, &["correct", "3f", "f", "--author", "a", "--reason", &reason]),
            [
                "$ wallet correct 3f f \\".to_owned(),
                "    --author a \\".to_owned(),
                format!("    --reason '{}'\\", "because ".repeat(8)),
                format!("'{}'", "because ".repeat(2)),
            ]
        );
        let ids = ["123456"; 12];
        assert_eq!(
            command_lines(None, &[&["label"], &ids[..], &["--confirm"]].concat()),
            [
                format!("$ wallet label{} \\", " 123456".repeat(9)),
                format!("    123456{} \\", " 123456".repeat(2)),
                "    --confirm".to_owned(),
            ]
        );
        let long = ["show", &"x".repeat(100)];
        assert_eq!(command_lines(None, &long).concat(), format!("$ wallet show {}", long[1]));
    }
}
