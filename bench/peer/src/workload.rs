//! The records, made by a generator with a fixed seed, and how often each thing is done.
//!
//! Observations and Conditions of about 1 KiB, as a hospital sends them. The codes have the shape
//! of LOINC and SNOMED CT codes and are drawn by the generator; they name nothing.

use std::io::{self, Read, Write};

use crate::Result;

/// What is done, and with how many records.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    records: usize,
}

impl Workload {
    /// Plans for a number of records.
    ///
    /// # Errors
    /// When there are none.
    pub fn new(records: usize) -> Result<Self> {
        if records == 0 { Err("no records".into()) } else { Ok(Self { records }) }
    }

    /// Gives the number of records.
    #[must_use]
    pub const fn records(self) -> usize {
        self.records
    }

    /// Gives the number of codes: each belongs to 200 records, or to all when there are fewer.
    #[must_use]
    pub fn codes(self) -> usize {
        (self.records / RECORDS_OF_A_CODE).max(1)
    }

    /// Gives a code by its number.
    #[must_use]
    pub fn code(self, number: usize) -> String {
        let drawn = Random::of(CODES + number).below(90_000);
        // The number at its end keeps two codes apart.
        if is_condition(number) {
            format!("{}{number:04}", 10_000 + drawn)
        } else {
            format!("{}-{number}", 10_000 + drawn)
        }
    }

    /// Gives records that are written one by one: further ones, all with the first code.
    #[must_use]
    pub fn singles(self, prefix: &str) -> Vec<String> {
        let count = (self.records / 50).clamp(20, 200);
        (0..count).map(|n| self.resource(n * self.codes(), prefix)).collect()
    }

    /// Puts things into an order that has nothing to do with where they lie.
    pub fn shuffle<T>(self, things: &mut [T]) {
        let mut random = Random::of(ORDER);
        for place in (1..things.len()).rev() {
            things.swap(place, random.below(place + 1));
        }
    }

    /// Gives the id of a record.
    #[must_use]
    pub fn id(self, number: usize) -> String {
        let mut random = Random::of(number);
        format!("{:016x}-{:08x}", random.next(), number)
    }

    /// Writes all records as NDJSON.
    ///
    /// # Errors
    /// When `out` refuses.
    pub fn write(self, out: &mut impl Write) -> Result<()> {
        for number in 0..self.records {
            out.write_all(self.resource(number, "").as_bytes())?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Gives a file that is attached: bytes that nothing compresses, whole pieces of 64 KiB.
    #[must_use]
    pub fn file(self) -> Vec<u8> {
        let mut file = Vec::with_capacity(if self.is_full() { 64 << 20 } else { 4 << 20 });
        let mut random = Random::of(FILE);
        while file.len() < file.capacity() {
            file.extend(random.next().to_le_bytes());
        }
        file
    }

    /// Gives the numbers of pieces of that file that are looked for, in an order of their own.
    #[must_use]
    pub fn places(self) -> Vec<usize> {
        let pieces = if self.is_full() { 1024 } else { 64 };
        let mut places: Vec<usize> = (0..pieces).collect();
        self.shuffle(&mut places);
        places
    }

    /// Gives the source of a file that shows what memory a large one takes.
    #[must_use]
    pub fn large(self) -> Large {
        let length = if self.is_full() { 500 << 20 } else { 16 << 20 };
        Large { random: Random::of(FILE), word: [0; 8], used: 8, left: length }
    }

    const fn is_full(self) -> bool {
        self.records >= FULL
    }

    fn resource(self, number: usize, prefix: &str) -> String {
        let mut random = Random::of(number);
        let id = format!("{prefix}{}", self.id(number));
        let of = number % self.codes();
        let code = self.code(of);
        let title = format!("{} {}", word(of * 7), word(of * 13 + 5));
        let date = format!(
            "{}-{:02}-{:02}",
            1960 + random.below(65),
            1 + random.below(12),
            1 + random.below(28)
        );
        let encounter = random.next();
        let mut json = if is_condition(of) {
            condition(&id, &code, &title, &date, encounter)
        } else {
            observation(&id, &code, &title, &date, encounter, &mut random)
        };
        if number.is_multiple_of(RARE) {
            json.push_str(WANTED);
            json.push(' ');
        }
        let length = SHORTEST + random.below(LONGEST - SHORTEST);
        while json.len() < length {
            json.push_str(word(random.below(WORDS.len())));
            json.push(' ');
        }
        json.push_str(r#"end."}]}"#);
        json
    }
}

/// A word that stands in one of 50 records.
pub const WANTED: &str = "quartzline";

fn observation(
    id: &str,
    code: &str,
    title: &str,
    date: &str,
    encounter: u64,
    random: &mut Random,
) -> String {
    let (low, value, rest) = (random.below(40), random.below(200), random.below(10));
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory","display":"Laboratory"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}","display":"{title}"}}],"text":"{title}"}},"subject":{{"reference":"Patient/p1"}},"encounter":{{"reference":"Encounter/{encounter:016x}"}},"effectiveDateTime":"{date}","valueQuantity":{{"value":{value}.{rest}0,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}},"referenceRange":[{{"low":{{"value":{low}}},"text":"adults"}}],"note":[{{"text":""#
    )
}

fn condition(id: &str, code: &str, title: &str, date: &str, encounter: u64) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"{id}","clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}}]}},"verificationStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}}]}},"code":{{"coding":[{{"system":"http://snomed.info/sct","code":"{code}","display":"{title}"}}],"text":"{title}"}},"subject":{{"reference":"Patient/p1"}},"encounter":{{"reference":"Encounter/{encounter:016x}"}},"onsetDateTime":"{date}","note":[{{"text":""#
    )
}

/// Every fifth code is that of a Condition.
const fn is_condition(code: usize) -> bool {
    code % 5 == 4
}

fn word(number: usize) -> &'static str {
    WORDS.get(number % WORDS.len()).copied().unwrap_or_default()
}

/// A large file while it is read: it is nowhere as a whole.
#[derive(Debug)]
pub struct Large {
    random: Random,
    word: [u8; 8],
    used: usize,
    left: usize,
}

impl Large {
    /// Gives the bytes that are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }
}

impl Read for Large {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.left);
        for byte in buffer.iter_mut().take(length) {
            if self.used == self.word.len() {
                (self.word, self.used) = (self.random.next().to_le_bytes(), 0);
            }
            *byte = self.word.get(self.used).copied().unwrap_or_default();
            self.used += 1;
        }
        self.left -= length;
        Ok(length)
    }
}

/// A sum over bytes that tells one order of them from another; pieces are whole words.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sum(u64);

impl Sum {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        for word in bytes.as_chunks::<8>().0 {
            self.0 = self.0.rotate_left(5) ^ u64::from_le_bytes(*word);
        }
    }

    /// Gives the sum.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.0
    }
}

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// SplitMix64.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn of(number: usize) -> Self {
        Self(SEED ^ u64::try_from(number).unwrap_or(u64::MAX))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }
}

const SEED: u64 = 0x7061_7469_656e_7400;
/// Streams of random numbers that are not those of a record.
const CODES: usize = 1 << 40;
const ORDER: usize = 1 << 41;
const FILE: usize = 1 << 42;
/// With so many records, files are large too.
const FULL: usize = 10_000;
/// What is read of a file at once.
pub const PIECE: usize = 64 * 1024;
const RECORDS_OF_A_CODE: usize = 200;
const RARE: usize = 50;
/// Bytes of a record, but for a few.
const SHORTEST: usize = 896;
const LONGEST: usize = 1152;
const WORDS: [&str; 40] = [
    "blood",
    "serum",
    "level",
    "within",
    "range",
    "patient",
    "fasting",
    "sample",
    "taken",
    "morning",
    "repeat",
    "after",
    "three",
    "months",
    "slightly",
    "raised",
    "compared",
    "previous",
    "value",
    "kidney",
    "function",
    "stable",
    "sodium",
    "potassium",
    "glucose",
    "measured",
    "capillary",
    "venous",
    "reported",
    "by",
    "telephone",
    "left",
    "right",
    "upper",
    "lower",
    "mild",
    "chronic",
    "acute",
    "control",
    "visit",
];
