//! A wallet in a folder of its own, and the command line to use it.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

/// A home, nothing in it yet.
pub(crate) struct Home(TempDir);

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A home with a wallet.
    pub(crate) fn with_wallet() -> Self {
        let home = Self::new();
        let words = home.path("words");
        home.wallet(&["create", "--words-out", &words]).done();
        home
    }

    /// A home with a wallet that holds the sample patient.
    pub(crate) fn with_sample() -> Self {
        let home = Self::with_wallet();
        home.wallet(&["import", &sample("patient.json")]).done();
        home
    }

    /// A path beside the wallet's folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// The wallet's folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.0.path().join("home")
    }

    /// Writes a file beside the wallet's folder and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// A command, ready to run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare();
        command.env("WALLET_HOME", self.folder()).env("WALLET_PASSPHRASE", PASSPHRASE);
        command.args(arguments);
        command
    }

    /// Runs a command.
    pub(crate) fn wallet(&self, arguments: &[&str]) -> Done {
        run(&mut self.command(arguments))
    }

    /// Runs a command with `--json` and gives its one document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let done = self.wallet(&[arguments, &["--json"]].concat()).done();
        serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("not one document: {}", done.out))
    }

    /// The id of the only record that has a reference.
    pub(crate) fn id_of(&self, reference: &str) -> String {
        let all = self.json(&["records", "--limit", "1000"]);
        let records = all["records"].as_array().unwrap();
        let found = records.iter().find(|record| record["reference"] == reference).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    /// Every byte of every file of the wallet's folder.
    pub(crate) fn bytes(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.folder(), &mut files);
        files.sort();
        files
    }
}

impl Done {
    /// Insists that the command was done.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    /// Insists that the command was refused with a code after a note, and answered nothing.
    pub(crate) fn refused_noted(self, code: &str) -> Self {
        assert!(self.err.starts_with("note["), "{}", self.err);
        self.refused(code)
    }

    /// Insists that the command was refused with a code, and answered nothing.
    pub(crate) fn refused(self, code: &str) -> Self {
        assert_eq!(self.code, 1, "{}{}", self.out, self.err);
        let line = self.err.lines().find(|line| line.starts_with("error[")).unwrap_or_default();
        assert!(line.starts_with(&format!("error[{code}]: ")), "{}", self.err);
        assert_eq!(self.out, "");
        self
    }
}

/// Runs a command to its end and gives the bytes of its answer.
pub(crate) fn run_bytes(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The program without anything from this process's environment.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wallet"));
    for name in ["WALLET_HOME", "WALLET_PASSPHRASE", "NO_COLOR"] {
        command.env_remove(name);
    }
    // What a guess costs is the core's to test; here it would only take time.
    command.env("WALLET_KDF", "19,2").stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Done {
    let output = command.output().unwrap();
    Done {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The path of a file of the sample data.
pub(crate) fn sample(name: &str) -> String {
    format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The inputs and facts of the story.
pub(crate) fn story() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/stories/wrong-blood-group.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let bytes = fs::read(&path).unwrap();
            files.push((path, bytes));
        }
    }
}
