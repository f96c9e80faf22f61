//! The wallet's attachments: how fast they go in and out, and what memory a large one takes.

use std::io::{Read, Write};

use patient_wallet::host::CancelToken;
use patient_wallet::session::{Attachment, AttachmentId, NewAttachment, Session};
use patient_wallet_bench_peer::workload::{Large, PIECE, Sum};
use patient_wallet_bench_peer::{Figures, Result, Task, memory};

/// Attaches a file of the workload and reads it, whole and at places.
///
/// # Errors
/// When anything goes wrong.
pub(crate) fn speed(task: &Task, session: &mut Session, figures: &mut Figures) -> Result<()> {
    let file = task.workload.file();
    let mib = file.len() >> 20;
    let attached = figures.time("file-write", mib, || attach(session, &mut file.as_slice()))?;
    drop(file);
    let sum = figures.time("file-read", mib, || save(session, attached.id))?;
    figures.agree_sum("file", sum);
    let places = task.workload.places();
    let sum = figures.time("file-seek", places.len(), || {
        let (mut sum, mut piece) = (Sum::default(), vec![0; PIECE]);
        for place in places {
            let at = u64::try_from(place * PIECE)?;
            if session.read_attachment(attached.id, at, &mut piece)? != PIECE {
                return Err("less than a piece".into());
            }
            sum.add(&piece);
        }
        Ok(sum)
    })?;
    figures.agree_sum("pieces", sum);
    Ok(())
}

/// Attaches a large file that is nowhere as a whole, and writes it out to where it is not kept.
///
/// # Errors
/// When anything goes wrong, or other bytes came out than went in.
pub(crate) fn memory(task: &Task, session: &mut Session, figures: &mut Figures) -> Result<()> {
    let mut source = task.workload.large();
    let attached = above(figures, "large-in", || attach(session, &mut source))?;
    let sum = above(figures, "large-out", || save(session, attached.id))?;
    if sum == sum_of(task.workload.large())? { Ok(()) } else { Err("other bytes came out".into()) }
}

/// Notes the KiB that were resident at most while something was done, beyond those before.
fn above<T>(figures: &mut Figures, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    memory::forget_peak()?;
    let idle = memory::resident_kib()?;
    let done = work()?;
    figures.note(name, memory::peak_kib()? - idle);
    Ok(done)
}

fn attach(session: &mut Session, source: &mut dyn Read) -> Result<Attachment> {
    let new = NewAttachment::new("bench")?;
    Ok(session.attach(source, &new, &|_: u64, _: Option<u64>| {}, &CancelToken::new())?)
}

fn save(session: &mut Session, id: AttachmentId) -> Result<Sum> {
    let mut sum = Sum::default();
    let (progress, cancel) = (|_: u64, _: Option<u64>| {}, CancelToken::new());
    session.save_attachment(id, None, &mut sum, &progress, &cancel)?;
    Ok(sum)
}

fn sum_of(mut source: Large) -> Result<Sum> {
    let (mut sum, mut piece) = (Sum::default(), vec![0; PIECE]);
    while source.left() > 0 {
        source.read_exact(&mut piece)?;
        sum.write_all(&piece)?;
    }
    Ok(sum)
}
