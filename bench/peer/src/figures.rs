//! What one side measured in one round, and the lines in which it says so.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::workload::Sum;
use crate::{Result, turns};

/// Figures by name, and what every side must find alike.
#[derive(Debug, Default)]
pub struct Figures {
    /// Nanoseconds an operation, bytes or KiB. Of what is timed as a whole, the name alone is
    /// time of the processor; with `-waited` behind it, time on the wall.
    pub figures: BTreeMap<String, f64>,
    /// Counts and sums that depend on the workload alone.
    pub facts: BTreeMap<String, u64>,
}

impl Figures {
    /// Does something and notes the nanoseconds that each of `count` operations took: those of
    /// the processor, which other work on the machine hardly changes, and those on the wall.
    ///
    /// # Errors
    /// As `work`.
    pub fn time<T>(
        &mut self,
        name: &str,
        count: usize,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let (start, start_wall) = (processor()?, Instant::now());
        let done = work()?;
        let (took, waited) = (processor()?.saturating_sub(start), start_wall.elapsed());
        self.note(name, took.as_secs_f64() * 1e9 / count as f64);
        self.note(&format!("{name}-waited"), waited.as_secs_f64() * 1e9 / count as f64);
        Ok(done)
    }

    /// Does something with each of several things, when it is its turn, and notes the nanoseconds
    /// of the processor for each, and those on the wall that it mostly took: the median, because a
    /// disk that others use stops now and then.
    ///
    /// # Errors
    /// As `work`.
    pub fn time_each<T>(
        &mut self,
        name: &str,
        things: impl IntoIterator<Item = T>,
        mut work: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let (mut times, mut worked) = (Vec::new(), Duration::ZERO);
        for thing in things {
            turns::wait()?;
            let (start, start_wall) = (processor()?, Instant::now());
            work(thing)?;
            times.push(start_wall.elapsed().as_secs_f64() * 1e9);
            worked += processor()?.saturating_sub(start);
        }
        times.sort_by(f64::total_cmp);
        let median = times.get(times.len() / 2).ok_or("nothing was done")?;
        self.note(&format!("{name}-waited"), *median);
        self.note(name, worked.as_secs_f64() * 1e9 / times.len() as f64);
        Ok(())
    }

    /// Notes a figure.
    pub fn note(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), value);
    }

    /// Gives a figure.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.figures.get(name).copied()
    }

    /// Notes what every side must find alike.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn agree(&mut self, name: &str, value: usize) -> Result<()> {
        self.facts.insert(name.to_owned(), u64::try_from(value)?);
        Ok(())
    }

    /// Notes a sum over bytes that every side must find alike.
    pub fn agree_sum(&mut self, name: &str, sum: Sum) {
        self.facts.insert(name.to_owned(), sum.total());
    }

    /// Writes everything as lines.
    #[must_use]
    pub fn lines(&self) -> String {
        let figures = self.figures.iter().map(|(name, value)| format!("figure {name} {value}\n"));
        let facts = self.facts.iter().map(|(name, value)| format!("fact {name} {value}\n"));
        figures.chain(facts).collect()
    }

    /// Reads such lines.
    ///
    /// # Errors
    /// When they are others.
    pub fn parse(lines: &str) -> Result<Self> {
        let mut found = Self::default();
        for line in lines.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["figure", name, value] => found.note(name, value.parse()?),
                ["fact", name, value] => {
                    found.facts.insert((*name).to_owned(), value.parse()?);
                }
                _ => return Err(format!("not a figure: {line}").into()),
            }
        }
        Ok(found)
    }
}

/// Tells how long the processor has worked for this process.
fn processor() -> Result<Duration> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Ok(Duration::new(time.tv_sec.try_into()?, time.tv_nsec.try_into()?))
}
