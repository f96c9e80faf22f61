//! The wallet's round: through the door an app uses, with a keystore in memory.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use patient_wallet::host::CancelToken;
use patient_wallet::keys::{KdfParams, stretch};
use patient_wallet::record::{RecordId, Resource, ResourceReader, SectionMap, Source, Text};
use patient_wallet::session::{
    Authentication, ExportFormat, ImportOptions, ImportReport, Query, Session,
};
use patient_wallet::testing::TestWallet;
use patient_wallet_bench_peer::workload::WANTED;
use patient_wallet_bench_peer::{Figures, Result, Task, memory};

use crate::{consent, files, whole};

/// Does a round and gives what was measured.
///
/// # Errors
/// When anything goes wrong.
pub(crate) fn measure(task: &Task) -> Result<Figures> {
    let mut figures = Figures::default();
    let (test, mut session) = TestWallet::create();
    let passphrase = TestWallet::passphrase();
    session.enable_biometrics(&Authentication::Passphrase(&passphrase))?;
    let records = task.workload.records();
    memory::forget_peak()?;
    let report =
        figures.time("import", records, || import(&mut session, &mut File::open(&task.input)?))?;
    if (report.new, report.entries) != (records, records) {
        return Err(format!("imported {report:?}").into());
    }
    figures.note("import-peak", memory::peak_kib()?);
    figures.time("lock", 1, || Ok(session.lock()?))?;
    figures.note("disk", size(test.folder())? / records as f64);
    unlocks(&test, &mut figures)?;
    let mut session = test.wallet().unlock_with_biometrics()?;
    memory::forget_peak()?;
    figures.note("resident-open", memory::resident_kib()?);
    reads(task, &mut session, &mut figures)?;
    figures.note("resident-used", memory::resident_kib()?);
    figures.note("peak", memory::peak_kib()?);
    figures.time("parse", records, || parse(&task.input))?;
    let parts = figures.get("import").zip(figures.get("parse"));
    figures.note("store", parts.map_or(0.0, |(import, parse)| import - parse));
    consent::measure(&mut session, &mut figures)?;
    whole::measure(task, &mut session, &mut figures)?;
    writes(task, &mut session, &mut figures)?;
    whole::erase(&mut session, &mut figures)?;
    files::speed(task, &mut session, &mut figures)?;
    files::memory(task, &mut session, &mut figures)?;
    session.lock()?;
    Ok(figures)
}

/// Unlocks with the passphrase, and derives the key alone; then without a passphrase.
fn unlocks(test: &TestWallet, figures: &mut Figures) -> Result<()> {
    let passphrase = TestWallet::passphrase();
    let mut beyond = Vec::new();
    for _ in 0..UNLOCKS {
        let session = figures.time("unlock", 1, || Ok(test.unlock()?))?;
        session.lock()?;
        figures.time("derive", 1, || Ok(stretch(&passphrase, &[7; 16], KdfParams::FLOOR)?))?;
        let both = figures.get("unlock").zip(figures.get("derive"));
        beyond.extend(both.map(|(unlock, derive)| unlock - derive));
    }
    // Two long times are subtracted: one disturbance must not decide.
    beyond.sort_by(f64::total_cmp);
    figures.note("unlock-beyond", beyond.get(UNLOCKS / 2).copied().unwrap_or_default());
    let session =
        figures.time("unlock-biometrics", 1, || Ok(test.wallet().unlock_with_biometrics()?))?;
    Ok(session.lock()?)
}

fn reads(task: &Task, session: &mut Session, figures: &mut Figures) -> Result<()> {
    let workload = task.workload;
    let by_code = |limit: Option<usize>| -> Vec<Query> {
        let codes = (0..workload.codes()).map(|code| Text::from(workload.code(code).as_str()));
        codes.map(|code| Query { code: Some((None, code)), limit, ..Query::default() }).collect()
    };
    let (queries, pages) = (by_code(None), by_code(Some(20)));
    let first = Query { limit: Some(20), ..Query::default() };
    figures.time("query-first", 1, || Ok(session.find(&first)?))?;

    let mut ids = session.find(&Query::default())?.ids;
    workload.shuffle(&mut ids);
    let got = figures.time("get", ids.len(), || read(session, &ids))?;
    figures.agree("bytes-got", got)?;

    let found = figures.time("query-ids", queries.len() * REPEATED, || find(session, &queries))?;
    figures.agree("ids-found", found / REPEATED)?;
    figures.time("query-page", pages.len() * REPEATED, || find(session, &pages))?;
    let found = figures.time("query-bodies", queries.len(), || {
        queries.iter().try_fold(0, |bytes, query| {
            let ids = session.find(query)?.ids;
            Ok(bytes + read(session, &ids)?)
        })
    })?;
    figures.agree("bytes-found", found)?;

    let mut scanned = Counted(0);
    figures.time("scan", workload.records(), || {
        Ok(session.export(&Query::default(), ExportFormat::Ndjson, &mut scanned)?)
    })?;
    // One line break a record.
    figures.agree("bytes-scanned", scanned.0 - workload.records())?;

    let wanted = Query { text: Some(Text::from(WANTED)), ..Query::default() };
    let hits = figures.time("search-first", 1, || Ok(session.find(&wanted)?))?;
    figures.agree("hits", hits.total)?;
    figures.time("search-next", 1, || Ok(session.find(&wanted)?))?;
    Ok(())
}

/// Corrects records one by one, then imports files of one record.
fn writes(task: &Task, session: &mut Session, figures: &mut Figures) -> Result<()> {
    // A correction may leave the id out, but not bring another record's.
    let singles: Vec<String> =
        task.workload.singles("write").iter().map(|json| without_id(json)).collect();
    let code = Some((None, Text::from(task.workload.code(0).as_str())));
    let ids = session.find(&Query { code, ..Query::default() })?.ids;
    figures.time_each("write", ids.iter().cycle().zip(&singles), |(id, json)| {
        session.correct(*id, json, "bench", "measured")?;
        Ok(())
    })?;
    let singles = task.workload.singles("write-import");
    figures.time_each("write-import", &singles, |json| {
        let report = import(session, &mut json.as_bytes())?;
        if report.new == 1 { Ok(()) } else { Err("a single record was not new".into()) }
    })?;
    figures.time("query-after-write", 1, || {
        Ok(session.find(&Query { limit: Some(20), ..Query::default() })?)
    })?;
    Ok(())
}

fn without_id(json: &str) -> String {
    let Some((before, rest)) = json.split_once(r#""id":""#) else { return json.to_owned() };
    let after = rest.split_once(r#"","#).map_or(rest, |(_, after)| after);
    format!("{before}{after}")
}

fn import(session: &mut Session, file: &mut dyn io::Read) -> Result<ImportReport> {
    let options = ImportOptions { source: Some(Text::from(SOURCE)), ..ImportOptions::default() };
    Ok(session.import(file, &options, &|_: u64, _: Option<u64>| {}, &CancelToken::new())?)
}

fn find(session: &mut Session, queries: &[Query]) -> Result<usize> {
    let mut found = 0;
    for query in (0..REPEATED).flat_map(|_| queries) {
        found += session.find(query)?.ids.len();
    }
    Ok(found)
}

fn read(session: &mut Session, ids: &[RecordId]) -> Result<usize> {
    ids.iter().try_fold(0, |bytes, id| Ok(bytes + session.read(*id, None)?.json().len()))
}

/// Reads, parses and labels as an import does, and stops there.
fn parse(input: &Path) -> Result<()> {
    let source = Source::file([7; 16]).named(Some(SOURCE));
    let mut reader = ResourceReader::new(File::open(input)?)?;
    let mut sections: Option<Option<SectionMap>> = None;
    while let Some(item) = reader.next()? {
        let json = item.resource().ok_or("no resource")?;
        let sections = match &sections {
            Some(sections) => sections,
            None => sections.insert(SectionMap::from_composition(json, &source)?),
        };
        std::hint::black_box(Resource::parse(json, &source.in_sections(sections.as_ref()))?);
    }
    Ok(())
}

/// Adds up the sizes of the files in a folder.
fn size(folder: &Path) -> Result<f64> {
    fs::read_dir(folder)?.try_fold(0.0, |sum, file| Ok(sum + file?.metadata()?.len() as f64))
}

/// Takes everything and keeps its length.
struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const SOURCE: &str = "bench";
const UNLOCKS: usize = 5;
/// A query takes microseconds; more of them make a time that can be measured.
const REPEATED: usize = 20;
