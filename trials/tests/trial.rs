//! The trial itself: what was promised checks out, and what is missing or damaged is told.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing helper fails its test")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A wallet in a temporary folder, and what was said of it.
struct Trial {
    folder: tempfile::TempDir,
    history: String,
}

impl Trial {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), history: String::new() }
    }

    fn home(&self) -> std::path::PathBuf {
        self.folder.path().join("home")
    }

    fn run(&self, verb: &str, rest: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trial"));
        command.arg(verb).args([self.home(), self.folder.path().join("keystore")]).args(rest);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(self.history.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn work(&mut self, count: &str, kinds: &str) {
        let output = self.run("work", &["7", count, kinds]);
        assert!(output.status.success(), "{output:?}");
        self.history.push_str(std::str::from_utf8(&output.stdout).unwrap());
        assert!(!self.history.contains("failed"), "{}", self.history);
    }

    /// Gives the exit code, and what was said.
    fn check(&self) -> (i32, String) {
        let output = self.run("check", &[]);
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy(&from, &to) } else { fs::copy(from, to).map(drop).unwrap() }
    }
}

#[test]
fn what_every_operation_promised_is_found() {
    let mut trial = Trial::new();
    let kinds = "create,import,correct,add,relabel,attach,attach,passphrase,export,backup,\
                 erase,suspend,rehearse,reopen";
    trial.work("14", kinds);
    let (code, said) = trial.check();
    assert_eq!((code, said.lines().next()), (0, Some("settled 0")), "{said}");
    trial.history.push_str("settled 0\n");
    trial.work("3", "import,passphrase,add");
    assert_eq!(trial.check().0, 0);
    trial.work("3", "attach,restore,erase");
    assert_eq!(trial.check().0, 0);
    trial.work("2", "erase-wallet,restore");
    assert_eq!(trial.check().0, 0);
    trial.work("2", "erase-wallet,create");
    assert_eq!(trial.check().0, 0);
}

#[test]
fn what_was_begun_may_be_there_or_not_until_a_check_has_settled_it() {
    let mut trial = Trial::new();
    trial.work("3", "create,import,add");
    let promised = trial.history.clone();
    trial.history = promised.replace("ack 2\n", "");
    assert!(trial.check().1.starts_with("settled 1"), "the note is there");
    trial.history.push_str("settled 1\n");
    assert!(trial.check().1.starts_with("settled 0"));
    trial.history = promised.replace("ack 2\n", "settled 0\n");
    assert_eq!(trial.check().0, 3, "what was settled as absent must not come back");
    trial.history = promised + "begin 3 add n3\n";
    assert!(trial.check().1.starts_with("settled 0"), "no further note is there");
}

#[test]
fn what_is_lost_is_told() {
    for (op, told) in
        [("add n3", "lost: n3"), ("passphrase", "damaged: unlock"), ("export e3", "lost: file e3")]
    {
        let mut trial = Trial::new();
        trial.work("3", "create,import,export");
        trial.history.push_str(&format!("begin 3 {op}\nack 3 0000000000000000\n"));
        let (code, said) = trial.check();
        assert!(code >= 3 && said.contains(told), "{op}: {code} {said}");
    }
}

#[test]
fn an_older_state_of_the_wallet_is_told() {
    let mut trial = Trial::new();
    trial.work("2", "create,import");
    let old = trial.folder.path().join("old");
    copy(&trial.home(), &old);
    trial.work("2", "import,export");
    fs::remove_dir_all(trial.home()).unwrap();
    copy(&old, &trial.home());
    let (code, said) = trial.check();
    assert!(code >= 3, "{code} {said}");
}

#[test]
fn a_file_that_is_nobody_s_and_a_damaged_vault_are_told() {
    let mut trial = Trial::new();
    trial.work("2", "create,import");
    let vault = trial.home().join("wallet/vault.db");
    fs::write(vault.with_extension("stray"), b"left over").unwrap();
    let (code, said) = trial.check();
    assert_eq!((code, said.contains("stayed")), (4, true), "{said}");
    fs::remove_file(vault.with_extension("stray")).unwrap();
    let mut bytes = fs::read(&vault).unwrap();
    let end = bytes.len();
    bytes[end / 2..].fill(0x55);
    fs::write(&vault, bytes).unwrap();
    assert_eq!(trial.check().0, 4);
}
