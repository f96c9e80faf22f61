#!/usr/bin/env python3
"""Shows that the tamper campaign fails when the wallet forgets to check something.

usage: tools/mutants.py FOLDER [WORD]

Clones this repository to FOLDER (or brings the clone there up to the last commit), breaks one check
at a time, runs the tests that are to notice it, and prints which did. WORD picks the mutants whose
name holds it. Not part of ./check: each mutant is a build of its own.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

CIPHER = "core/src/vault/cipher.rs"
FOUNDING = "core/src/vault/founding.rs"
OPENING = "core/src/session/opening.rs"
VERIFY = "core/src/session/verify.rs"
LOG = "core/src/audit/log.rs"

HEADER_SEQ = (CIPHER, 'data.push(b"hdr");\n                data.push(&seq.to_be_bytes());', 'let _ = seq; data.push(b"hdr");')
HEADER_BUCKET = (CIPHER, "        data.push(&[self.bucket]);\n", "")
HEADER_EPOCH = (CIPHER, "        data.push(&self.epoch.to_be_bytes());\n", "")
TABLE_EPOCH = ("core/src/vault/buckets.rs", "Some((epoch, _, cipher)) if *epoch == place.epoch =>", "Some((_, _, cipher)) =>")
HEADER_MAC = (FOUNDING, "if header.authenticate(root).is_err() {", "if false {")
NAMED = (FOUNDING, "if state.as_ref().is_some_and(|state| !is_named(&db, &keys, state)) {", "if false {")

# Name, edits, words of the names of the tests that run.
MUTANTS = [
    ("header without its row", [HEADER_SEQ], ["rows::", "buckets::"]),
    ("header without its bucket, and each bucket's key the same",
     [HEADER_BUCKET, ("core/src/vault/buckets.rs", "match self.keys.get(usize::from(place.bucket)) {", "match self.keys.first() {")],
     ["rows::"]),
    ("header without its epoch, and epochs not compared", [HEADER_EPOCH, TABLE_EPOCH], ["rows::", "buckets::"]),
    ("header without its vault", [(CIPHER, "        data.push(&FORMAT);\n        data.push(&vault.id);\n        match", "        data.push(&FORMAT);\n        let _ = vault;\n        match")], ["buckets::"]),
    ("attachment header without its id", [(CIPHER, 'data.push(b"att");\n                data.push(&id);', 'let _ = id; data.push(b"att");')], ["rows::", "buckets::"]),
    ("body without its record", [(CIPHER, "            self.record.as_bytes(),\n", "")], ["cipher::", "rows::"]),
    ("body without its version", [(CIPHER, "            &self.version.to_be_bytes(),\n", "")], ["cipher::", "rows::"]),
    ("body without its type", [(CIPHER, "            self.kind.as_bytes(),\n", "")], ["cipher::", "rows::"]),
    ("log entry without its place", [(CIPHER, "table, &key.to_be_bytes()].concat()", "table, &key.to_be_bytes()[..0]].concat()")], ["cipher::", "log::"]),
    ("fingerprint without the length of the body", [(CIPHER, "        mac.update(&body.to_be_bytes());\n", "        let _ = body;\n")], ["cipher::", "rows::"]),
    ("header's MAC not checked, nor the state's word for it", [HEADER_MAC, NAMED], ["bytes::", "rows::"]),
    ("state's word for what opens the vault not checked", [NAMED], ["bytes::every_byte_of_the_escrow_is", "rows::"]),
    ("obsolete not named by the state", [(CIPHER, '["header", "obsolete", "buckets",', '["header", "buckets",'), (CIPHER, "const META: [&str; 7]", "const META: [&str; 6]")], ["obsolete", "rows::"]),
    ("escrow not named by the state", [(CIPHER, '"escrow-key", "escrow", "root"', '"escrow-key", "root"'), (CIPHER, "const META: [&str; 7]", "const META: [&str; 6]")], ["bytes::every_byte_of_the_escrow_is", "rows::"]),
    ("rows not compared with the state", [("core/src/vault/opening.rs", "found != *expected", "found != *expected && false")], ["rows::"]),
    ("head not compared", [(OPENING, "if heads.iter().any(agrees) {", "if heads.iter().any(agrees) || true {")], ["rollback::", "keystore::"]),
    ("root not compared with the head's", [(OPENING, "&& log.is_none_or(|log| root_at(log).is_ok_and(|root| root == *head.root()))", "&& log.is_none_or(|log| root_at(log).is_ok())")], ["keystore::every_byte_of_the_head", "log::a_fork", "rollback::"]),
    ("root not compared with the state's", [(OPENING, "        && log.root() == *state.head.root()\n", "")], ["log::"]),
    ("leaf not compared", [(LOG, "if salted.leaf() != leaf {", "if false && salted.leaf() != leaf {")], ["log::", "bytes::every_byte_of_a_log"]),
    ("first place of the log not looked at", [(LOG, "(Some(0), Some(last))", "(Some::<i64>(_), Some(last))")], ["log::"]),
    ("tiles not compared", [(LOG, "Ok(whole && expected.is_empty())", "Ok(whole || true)")], ["log::tiles"]),
    ("root not compared by verify", [(VERIFY, "            && tree.root() == *head.root()\n", "")], ["log::"]),
    ("entries not opened by verify", [(VERIFY, "                Err(_) => self.found.faults.push(Fault::LogEntry { seq }),", "                Err(_) => {}")], ["log::", "bytes::every_byte_of_a_log"]),
    ("checkpoints not compared", [(VERIFY, "            if !is_ours {\n", "            if !is_ours && false {\n")], ["bytes::every_byte_of_a_checkpoint", "log::checkpoints"]),
    ("checkpoints not missed", [(VERIFY, "self.found.faults.extend(gone.map(|size| Fault::Checkpoint { size: *size }));", "drop(gone);")], ["log::checkpoints"]),
    ("rows not read again by verify", [(VERIFY, "        self.found.faults.extend(faults);\n        let mut readable", "        drop(faults);\n        let mut readable")], ["rollback::what_is_not"]),
    ("bodies not read by verify", [(VERIFY, "            if !is_whole {", "            if false {")], ["bytes::every_byte_of_a_sealed_body", "rollback::what_is_not"]),
    ("state not compared at resume", [("core/src/session/suspension.rs", "State::open(&self.keys, &sealed)? == self.state\n            && is_named(&db, &self.keys, &self.state)", "State::open(&self.keys, &sealed).is_ok()")], ["rollback::what_is_not"]),
    ("backup's MAC not checked", [("core/src/vault/backup/reader.rs", "stream.mac.verify_slice(&mac).map_err(|_| BackupError::Damaged)?;", "let _ = stream.mac.verify_slice(&mac);")], ["backup::"]),
    ("padding not checked", [("core/src/codec.rs", "if fields.0.iter().any(|byte| *byte != 0) {", "if fields.0.iter().any(|byte| *byte != 0) && false {")], ["codec::"]),
    ("wallet closed over a foreign write-ahead log", [("core/src/db.rs", "db.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;", "")], ["rollback::"]),
    ("a row with an impossible bucket ends the reading", [("core/src/vault/opening.rs", "            self.faults.push(Fault::Row { seq });\n            return Ok(());", "            self.faults.push(Fault::Row { seq });\n            return Err(VaultError::Damaged);")], ["rows::"]),
]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    here = Path(__file__).resolve().parent.parent
    work = Path(sys.argv[1]).resolve()
    if not work.exists():
        run("git", "clone", "-q", here, work)
    run("git", "-C", work, "fetch", "-q", here, "HEAD")
    run("git", "-C", work, "reset", "-q", "--hard", "FETCH_HEAD")
    survived = 0
    for name, edits, tests in MUTANTS:
        if len(sys.argv) == 3 and sys.argv[2] not in name:
            continue
        run("git", "-C", work, "reset", "-q", "--hard", "FETCH_HEAD")
        for file, old, new in edits:
            text = (work / file).read_text()
            if text.count(old) != 1:
                sys.exit(f"{name}: {file} does not hold once: {old}")
            (work / file).write_text(text.replace(old, new))
        red = failures(work, tests)
        survived += not red
        print(f"{'red' if red else 'SURVIVED':8}  {name}: {', '.join(red[:3])}{' ...' if len(red) > 3 else ''}", flush=True)
    run("git", "-C", work, "reset", "-q", "--hard", "FETCH_HEAD")
    print(f"{survived} survived")
    sys.exit(survived > 0)


def failures(work, tests):
    command = ["cargo", "test", "-q", "--locked", "-p", "patient-wallet", "--no-fail-fast"]
    command += ["--lib", "--test", "tamper", "--", *tests]
    env = {**os.environ, "CARGO_TARGET_DIR": str(work / "target"), "RUST_BACKTRACE": "0"}
    done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True)
    red = sorted(set(re.findall(r"^---- (\S+) stdout ----$", done.stdout, re.M)))
    if done.returncode != 0 and not red:
        sys.exit(f"the tests did not run: {done.stderr}")
    return red


def run(*command):
    subprocess.run(list(map(str, command)), check=True)


if __name__ == "__main__":
    main()
