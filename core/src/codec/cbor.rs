//! Deterministic CBOR: one encoding for each value (RFC 8949, 4.2.1).

use super::{Buffer, Fields, Malformed};

/// Writes deterministic CBOR into a [`Buffer`]; the caller gives map keys in ascending order.
#[derive(Debug, Default)]
pub struct Encoder(Buffer);

impl Encoder {
    /// Makes an encoder with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Buffer::with_capacity(capacity))
    }

    /// Opens a map of `pairs` pairs.
    pub fn map(&mut self, pairs: usize) {
        self.head(MAP, as_u64(pairs));
    }

    /// Opens an array of `items` items.
    pub fn array(&mut self, items: usize) {
        self.head(ARRAY, as_u64(items));
    }

    /// Writes an unsigned integer.
    pub fn uint(&mut self, value: u64) {
        self.head(UINT, value);
    }

    /// Writes an integer that may be negative.
    pub fn int(&mut self, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.head(UINT, value),
            Err(_) => self.head(NEGATIVE, value.unsigned_abs() - 1),
        }
    }

    /// Writes a byte string.
    pub fn bytes(&mut self, value: &[u8]) {
        self.head(BYTES, as_u64(value.len()));
        self.0.extend(value);
    }

    /// Writes the head of a byte string whose content is written elsewhere.
    pub(crate) fn bytes_head(&mut self, length: u64) {
        self.head(BYTES, length);
    }

    /// Writes a text string.
    pub fn text(&mut self, value: &str) {
        self.head(TEXT, as_u64(value.len()));
        self.0.extend(value.as_bytes());
    }

    /// Writes a tag; the next item is what it tags.
    pub(super) fn tag(&mut self, number: u64) {
        self.head(TAG, number);
    }

    /// Ends the encoding and gives the bytes.
    #[must_use]
    pub fn finish(self) -> Buffer {
        self.0
    }

    /// Writes the shortest head: major type in the top three bits, then the argument.
    fn head(&mut self, major: u8, argument: u64) {
        let bytes = argument.to_be_bytes();
        let (info, width) = match argument {
            0..24 => (bytes[7], 0),
            24..0x100 => (24, 1),
            0x100..0x1_0000 => (25, 2),
            0x1_0000..0x1_0000_0000 => (26, 4),
            _ => (27, 8),
        };
        self.0.extend(&[major << 5 | info]);
        self.0.extend(bytes.get(8 - width..).unwrap_or_default());
    }
}

/// Reads deterministic CBOR without copying and refuses every other encoding.
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Decoder<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, depth: 0 }
    }

    /// Opens a map whose keys are integers in strictly ascending order of their encodings.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here.
    pub fn map(&mut self) -> Result<MapKeys, Malformed> {
        Ok(MapKeys { left: self.length(MAP)?, last: None })
    }

    /// Opens an array and gives the number of its items.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here.
    pub fn array(&mut self) -> Result<usize, Malformed> {
        self.length(ARRAY)
    }

    /// Reads an unsigned integer.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here.
    pub fn uint(&mut self) -> Result<u64, Malformed> {
        self.head(UINT)
    }

    /// Reads an unsigned integer that fits a narrower type.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here, or the value does not fit.
    pub fn narrow<T: TryFrom<u64>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.uint()?).map_err(|_| Malformed)
    }

    /// Reads an integer that may be negative.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here, or the value does not fit.
    pub fn int(&mut self) -> Result<i64, Malformed> {
        if self.rest.first().is_some_and(|first| first >> 5 == NEGATIVE) {
            let below = i64::try_from(self.head(NEGATIVE)?).map_err(|_| Malformed)?;
            return Ok(-1 - below);
        }
        self.narrow()
    }

    /// Reads a byte string.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here or bytes are missing.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length(BYTES)?;
        self.take(length)
    }

    /// Reads the head of a byte string whose content is read elsewhere; gives its length.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here.
    pub(crate) fn bytes_head(&mut self) -> Result<u64, Malformed> {
        self.head(BYTES)
    }

    /// Gives the bytes that are not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Starts to read the item that a byte string holds, one level deeper.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here, bytes are missing, or it is the ninth level.
    pub fn nested(&mut self) -> Result<Self, Malformed> {
        let depth = self.depth + 1;
        if depth > DEEPEST {
            return Err(Malformed);
        }
        Ok(Self { rest: self.bytes()?, depth })
    }

    /// Reads a text string.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here, bytes are missing or are not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        let length = self.length(TEXT)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed)
    }

    /// Demands that this tag stands here.
    ///
    /// # Errors
    /// [`Malformed`] when another tag or item does.
    pub(super) fn tag(&mut self, number: u64) -> Result<(), Malformed> {
        if self.head(TAG)? == number { Ok(()) } else { Err(Malformed) }
    }

    /// Demands that nothing follows.
    ///
    /// # Errors
    /// [`Malformed`] when bytes are left.
    pub const fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    fn length(&mut self, major: u8) -> Result<usize, Malformed> {
        usize::try_from(self.head(major)?).map_err(|_| Malformed)
    }

    /// Reads the head of an item of one major type; a longer one than needed is refused.
    fn head(&mut self, major: u8) -> Result<u64, Malformed> {
        let mut fields = Fields::new(self.rest);
        let first = fields.u8()?;
        if first >> 5 != major {
            return Err(Malformed);
        }
        let (argument, least) = match first & 0x1f {
            info @ 0..24 => (u64::from(info), 0),
            24 => (u64::from(fields.u8()?), 24),
            25 => (u64::from(fields.u16()?), 0x100),
            26 => (u64::from(fields.u32()?), 0x1_0000),
            27 => (fields.u64()?, 0x1_0000_0000),
            _ => return Err(Malformed),
        };
        self.rest = fields.0;
        if argument < least { Err(Malformed) } else { Ok(argument) }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The keys of a map being read: strictly ascending, as many as its head said.
#[derive(Debug)]
pub struct MapKeys {
    left: usize,
    last: Option<(bool, u64)>,
}

impl MapKeys {
    /// Reads the next key; `None` after the last pair. 0 comes first, then 1, ..., then -1, -2, ...
    ///
    /// # Errors
    /// [`Malformed`] when a key is not an integer or does not stand after the one before.
    pub fn next(&mut self, decoder: &mut Decoder<'_>) -> Result<Option<i64>, Malformed> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let key = decoder.int()?;
        let place = (key < 0, key.unsigned_abs());
        if self.last.is_some_and(|last| last >= place) {
            return Err(Malformed);
        }
        self.last = Some(place);
        Ok(Some(key))
    }
}

/// Reads a map whose keys are known.
#[derive(Debug)]
pub struct Map<'a> {
    input: Decoder<'a>,
    keys: MapKeys,
    /// A key that was read before its value was asked for.
    pending: Option<i64>,
}

impl<'a> Map<'a> {
    /// Opens the map.
    ///
    /// # Errors
    /// [`Malformed`] when another item stands here.
    pub fn new(mut input: Decoder<'a>) -> Result<Self, Malformed> {
        let keys = input.map()?;
        Ok(Self { input, keys, pending: None })
    }

    /// Goes to the value of the next key, which must be this one.
    ///
    /// # Errors
    /// [`Malformed`] when another key or none follows.
    pub fn at(&mut self, key: i64) -> Result<&mut Decoder<'a>, Malformed> {
        self.optional(key)?.ok_or(Malformed)
    }

    /// Goes to the value of this key if it is the next.
    ///
    /// # Errors
    /// [`Malformed`] when what follows is no key.
    pub fn optional(&mut self, key: i64) -> Result<Option<&mut Decoder<'a>>, Malformed> {
        let next = match self.pending.take() {
            None => self.keys.next(&mut self.input)?,
            pending => pending,
        };
        if next == Some(key) {
            return Ok(Some(&mut self.input));
        }
        self.pending = next;
        Ok(None)
    }

    /// Demands that no key is left and nothing follows.
    ///
    /// # Errors
    /// [`Malformed`] otherwise.
    pub fn finish(mut self) -> Result<(), Malformed> {
        if self.pending.is_some() || self.keys.next(&mut self.input)?.is_some() {
            return Err(Malformed);
        }
        self.input.finish()
    }
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).expect("no machine has more than 64 bits")
}

// Major types, RFC 8949 3.1.
const UINT: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
/// How deep items may stand in byte strings of items.
const DEEPEST: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_round_trip() {
        let mut encoder = Encoder::default();
        encoder.map(3);
        encoder.uint(0);
        encoder.uint(1_000_000);
        encoder.uint(1);
        encoder.text("ä");
        encoder.uint(300);
        encoder.bytes(&[7; 300]);
        let bytes = encoder.finish();
        let mut decoder = Decoder::new(&bytes);
        let mut keys = decoder.map().unwrap();
        assert_eq!(keys.next(&mut decoder), Ok(Some(0)));
        assert_eq!(decoder.narrow::<u16>(), Err(Malformed));
        let mut decoder = Decoder::new(&bytes);
        let mut keys = decoder.map().unwrap();
        assert_eq!(keys.next(&mut decoder), Ok(Some(0)));
        assert_eq!(decoder.uint(), Ok(1_000_000));
        assert_eq!(keys.next(&mut decoder), Ok(Some(1)));
        assert_eq!(decoder.text(), Ok("ä"));
        assert_eq!(keys.next(&mut decoder), Ok(Some(300)));
        assert_eq!(decoder.bytes(), Ok([7; 300].as_slice()));
        assert_eq!(keys.next(&mut decoder), Ok(None));
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn heads_are_what_another_implementation_writes() {
        for value in [0, 23, 24, 255, 256, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            let mut encoder = Encoder::default();
            encoder.uint(value);
            let ours = encoder.finish();
            let mut theirs = Vec::new();
            ciborium::into_writer(&value, &mut theirs).unwrap();
            assert_eq!(*ours, theirs);
            assert_eq!(Decoder::new(&theirs).uint(), Ok(value));
        }
        for value in [0, 23, 24, -1, -24, -25, -256, -257, -70_018, i64::MAX, i64::MIN] {
            let mut encoder = Encoder::default();
            encoder.int(value);
            let ours = encoder.finish();
            let mut theirs = Vec::new();
            ciborium::into_writer(&value, &mut theirs).unwrap();
            assert_eq!(*ours, theirs);
            assert_eq!(Decoder::new(&theirs).int(), Ok(value));
        }
        for length in [0, 23, 24, 255, 256, 65_535, 65_536] {
            let mut encoder = Encoder::default();
            encoder.array(2);
            encoder.bytes(&vec![7; length]);
            encoder.text(&"x".repeat(length));
            let ours = encoder.finish();
            let value = ciborium::Value::Array(vec![
                ciborium::Value::Bytes(vec![7; length]),
                ciborium::Value::Text("x".repeat(length)),
            ]);
            let mut theirs = Vec::new();
            ciborium::into_writer(&value, &mut theirs).unwrap();
            assert_eq!(*ours, theirs);
        }
    }

    #[test]
    fn loose_encodings_are_refused() {
        let integer = |bytes: &[u8]| Decoder::new(bytes).uint();
        assert_eq!(integer(&[0x17]), Ok(23));
        assert_eq!(integer(&[0x18, 0x17]), Err(Malformed), "one byte longer than needed");
        assert_eq!(integer(&[0x19, 0x00, 0xff]), Err(Malformed));
        assert_eq!(integer(&[0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), Err(Malformed));
        assert_eq!(integer(&[0x20]), Err(Malformed), "negative");
        assert_eq!(Decoder::new(&[0x5f, 0x41, 0x00, 0xff]).bytes(), Err(Malformed), "indefinite");
        assert_eq!(Decoder::new(&[0x43, 0x00]).bytes(), Err(Malformed), "short");
        assert_eq!(Decoder::new(&[0x61, 0xff]).text(), Err(Malformed), "not UTF-8");
        assert_eq!(Decoder::new(&[0x00]).finish(), Err(Malformed), "trailing");
        let signed = |bytes: &[u8]| Decoder::new(bytes).int();
        assert_eq!(signed(&[0x38, 0x17]), Err(Malformed), "-24 in two bytes");
        let beyond = [0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(signed(&beyond), Err(Malformed), "below the least");
        assert_eq!(signed(&[0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0]), Err(Malformed), "above the most");
        let unordered = [0xa2, 0x01, 0x00, 0x01, 0x00];
        let mut decoder = Decoder::new(&unordered);
        let mut keys = decoder.map().unwrap();
        keys.next(&mut decoder).unwrap();
        decoder.uint().unwrap();
        assert_eq!(keys.next(&mut decoder), Err(Malformed), "a key twice");
    }
    #[test]
    fn keys_stand_in_the_order_of_their_encodings() {
        let order = [0, 1, 23, 24, 255, 256, 65_536, i64::MAX, -1, -24, -25, -70_000, i64::MIN];
        let map = |keys: &[i64]| {
            let mut out = Encoder::default();
            out.map(keys.len());
            for key in keys {
                out.int(*key);
                out.uint(0);
            }
            out.finish()
        };
        let read = |bytes: &[u8]| -> Result<Vec<i64>, Malformed> {
            let mut decoder = Decoder::new(bytes);
            let (mut keys, mut found) = (decoder.map()?, Vec::new());
            while let Some(key) = keys.next(&mut decoder)? {
                decoder.uint()?;
                found.push(key);
            }
            Ok(found)
        };
        let encodings: Vec<Vec<u8>> = order.iter().map(|key| map(&[*key]).to_vec()).collect();
        assert!(encodings.is_sorted(), "the order is that of the bytes");
        assert_eq!(read(&map(&order)), Ok(order.to_vec()));
        for at in 1..order.len() {
            let mut swapped = order;
            swapped.swap(at - 1, at);
            assert_eq!(read(&map(&swapped)), Err(Malformed), "{swapped:?}");
        }
        assert_eq!(read(&map(&[-1, -1])), Err(Malformed), "a key twice");
    }

    #[test]
    fn eight_levels_of_items_in_byte_strings_are_read() {
        let wrapped = |levels: usize| {
            (0..levels).fold(vec![0x00], |inner, _| {
                let mut out = Encoder::default();
                out.bytes(&inner);
                out.finish().to_vec()
            })
        };
        let read = |bytes: &[u8], levels: usize| {
            let mut decoder = Decoder::new(bytes);
            for _ in 0..levels {
                decoder = decoder.nested()?;
            }
            decoder.uint()
        };
        assert_eq!(read(&wrapped(8), 8), Ok(0));
        assert_eq!(read(&wrapped(9), 9), Err(Malformed));
    }
    #[test]
    fn known_keys_are_demanded_and_no_other() {
        // {0: 7, 2: 8}
        let bytes = [0xa2, 0, 7, 2, 8];
        let map = || Map::new(Decoder::new(&bytes)).unwrap();
        let mut whole = map();
        assert_eq!(whole.at(0).unwrap().uint(), Ok(7));
        assert!(whole.optional(1).unwrap().is_none());
        assert_eq!(whole.at(2).unwrap().uint(), Ok(8));
        assert!(whole.optional(3).unwrap().is_none());
        assert_eq!(whole.finish(), Ok(()));
        let mut skipped = map();
        assert_eq!(skipped.at(2).err(), Some(Malformed));
        let mut unread = map();
        unread.at(0).unwrap().uint().unwrap();
        assert_eq!(unread.finish(), Err(Malformed));
        let mut looked = map();
        looked.at(0).unwrap().uint().unwrap();
        assert!(looked.optional(1).unwrap().is_none());
        assert_eq!(looked.finish(), Err(Malformed));
    }
}
