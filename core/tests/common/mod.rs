//! What the tests share: small FHIR files and short calls.
#![allow(dead_code, reason = "each test binary uses a part")]

use patient_wallet::host::CancelToken;
use patient_wallet::keys::{KdfParams, Mnemonic, Passphrase};
use patient_wallet::record::{RecordId, Text};
use patient_wallet::session::{
    Authentication, BackupKey, ImportOptions, ImportReport, Query, Replace,
};
use patient_wallet::testing::TestWallet;
use patient_wallet::{Error, Session};

/// The fictional patient that the command line ships.
pub(crate) const SAMPLE: &str = include_str!("../../../examples/data/patient.json");

/// An Observation with an id, a code and a number that must keep its zero.
pub(crate) fn observation(id: &str, text: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"4548-4"}}],"text":"{text}"}},"effectiveDateTime":"2024-03-05","valueQuantity":{{"value":6.10,"unit":"%"}}}}"#
    )
}

/// A Bundle of resources without fullUrls.
pub(crate) fn bundle(resources: &[String]) -> String {
    let entries: Vec<String> =
        resources.iter().map(|resource| format!(r#"{{"resource":{resource}}}"#)).collect();
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","))
}

/// Imports a text as a file of a hospital.
pub(crate) fn import_from(
    session: &mut Session,
    source: &str,
    file: &str,
) -> Result<ImportReport, Error> {
    let options = ImportOptions { source: Some(Text::from(source)), ..ImportOptions::default() };
    import_with(session, file.as_bytes(), &options)
}

/// Imports bytes.
pub(crate) fn import_with(
    session: &mut Session,
    mut file: &[u8],
    options: &ImportOptions,
) -> Result<ImportReport, Error> {
    session.import(&mut file, options, &|_: u64, _: Option<u64>| {}, &CancelToken::new())
}

/// Imports the sample patient.
pub(crate) fn import_sample(session: &mut Session) -> ImportReport {
    import_with(session, SAMPLE.as_bytes(), &ImportOptions::default()).unwrap()
}

/// Number of records.
pub(crate) fn count(session: &mut Session) -> usize {
    session.find(&Query::default()).unwrap().total
}

/// Listens to no progress.
pub(crate) fn quiet(_: u64, _: Option<u64>) {}

/// Gives the code of an error.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.unwrap_err().code()
}

/// Gives some record.
pub(crate) fn any(session: &mut Session) -> RecordId {
    *session.find(&Query::default()).unwrap().ids.first().unwrap()
}

/// Gives the words of a wallet.
pub(crate) fn words(session: &mut Session) -> Mnemonic {
    session.dangerous_words(&Authentication::Passphrase(&TestWallet::passphrase())).unwrap()
}

/// Makes a backup with a cheap export passphrase, or none.
pub(crate) fn back_up(session: &mut Session, export: Option<&Passphrase>) -> Vec<u8> {
    let (mut file, passphrase) = (Vec::new(), TestWallet::passphrase());
    let with = Authentication::Passphrase(&passphrase);
    let export = export.map(|it| (it, KdfParams::FLOOR));
    session.backup_with(&with, export, &mut file, &quiet, &CancelToken::new()).unwrap();
    file
}

/// Restores a backup under the passphrase of every test wallet.
pub(crate) fn restore(
    test: &TestWallet,
    mut file: &[u8],
    key: &BackupKey<'_>,
    how: Replace,
) -> Result<Session, Error> {
    let passphrase = TestWallet::passphrase();
    test.wallet().restore_backup(&mut file, key, &passphrase, how, &quiet, &CancelToken::new())
}
