//! The frame of a sealed object: COSE_Encrypt0 (RFC 9052 5.2) with one fixed header for each method.
//!
//! [protected, unprotected, ciphertext ‖ tag] without a tag in front, where protected is the encoding
//! of {1: algorithm} and unprotected names one value: {5: IV} under a content key, {-4: ek} where it
//! is sealed to a public key. What is authenticated beside the text is the Enc_structure
//! ["Encrypt0", protected, external_aad]. No key is touched here. Bytes: docs/formats.md, sealing.

use super::{Buffer, Decoder, Encoder, Malformed, Map};

/// How an object is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealMethod {
    /// ChaCha20-Poly1305 under a content key; the header holds the 12 bytes of the IV.
    ContentKey,
    /// HPKE-4, integrated encryption; the header holds the 32 bytes of the encapsulated key.
    PublicKey,
}

impl SealMethod {
    const fn algorithm(self) -> i64 {
        match self {
            Self::ContentKey => CHACHA20_POLY1305,
            Self::PublicKey => HPKE_4,
        }
    }

    /// Gives the label of the one value in the unprotected header, and its bytes.
    const fn value(self) -> (i64, usize) {
        match self {
            Self::ContentKey => (IV, 12),
            Self::PublicKey => (EK, 32),
        }
    }

    fn protected(self) -> Buffer {
        let mut out = Encoder::with_capacity(8);
        out.map(1);
        out.int(ALG);
        out.int(self.algorithm());
        out.finish()
    }

    /// Writes what is authenticated beside the text: the Enc_structure (RFC 9052 5.3).
    #[must_use]
    pub fn enc_structure(self, external_aad: &[u8]) -> Buffer {
        let mut out = Encoder::with_capacity(external_aad.len() + ROOM);
        out.array(3);
        out.text("Encrypt0");
        out.bytes(&self.protected());
        out.bytes(external_aad);
        out.finish()
    }
}

/// A sealed object taken apart; nothing of it is opened yet.
#[derive(Debug, Clone, Copy)]
pub struct Encrypt0<'a> {
    /// How it is sealed.
    pub method: SealMethod,
    /// The IV or the encapsulated key: as long as the method says.
    pub value: &'a [u8],
    /// The ciphertext, which ends with its tag.
    pub ciphertext: &'a [u8],
}

impl<'a> Encrypt0<'a> {
    /// Takes an object apart that must be sealed by this method.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes than [`Encrypt0::encode`] writes.
    pub fn decode(method: SealMethod, bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut input = Decoder::new(bytes);
        if input.array()? != 3 {
            return Err(Malformed);
        }
        let mut protected = Map::new(input.nested()?)?;
        let algorithm = protected.at(ALG)?.int()?;
        protected.finish()?;
        let (label, length) = method.value();
        let mut keys = input.map()?;
        let found = keys.next(&mut input)?;
        if algorithm != method.algorithm() || found != Some(label) {
            return Err(Malformed);
        }
        let value = input.bytes()?;
        if value.len() != length || keys.next(&mut input)?.is_some() {
            return Err(Malformed);
        }
        let ciphertext = input.bytes()?;
        input.finish()?;
        Ok(Self { method, value, ciphertext })
    }

    /// Writes the object.
    #[must_use]
    pub fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.ciphertext.len() + ROOM);
        out.array(3);
        out.bytes(&self.method.protected());
        out.map(1);
        out.int(self.method.value().0);
        out.bytes(self.value);
        out.bytes(self.ciphertext);
        out.finish()
    }
}

// Header parameters (RFC 9052 3.1).
const ALG: i64 = 1;
const IV: i64 = 5;
/// RFC 9053 4.3.
const CHACHA20_POLY1305: i64 = 24;
// draft-ietf-cose-hpke: the two numbers the registry has not given for good.
const HPKE_4: i64 = 42;
const EK: i64 = -4;
/// More than everything but text and external data takes.
const ROOM: usize = 64;

#[cfg(test)]
mod tests {
    use ciborium::Value;

    use super::*;

    const METHODS: [SealMethod; 2] = [SealMethod::ContentKey, SealMethod::PublicKey];

    fn written(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    }

    fn header(pairs: &[(i64, Value)]) -> Value {
        Value::Map(pairs.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect())
    }

    /// Protected, unprotected, ciphertext.
    fn parts(method: SealMethod) -> Vec<Value> {
        let (algorithm, label, length) = match method {
            SealMethod::ContentKey => (24, 5, 12),
            SealMethod::PublicKey => (42, -4, 32),
        };
        vec![
            Value::Bytes(written(&header(&[(1, Value::from(algorithm))]))),
            header(&[(label, Value::Bytes(vec![7; length]))]),
            Value::Bytes(vec![9; 20]),
        ]
    }

    #[test]
    fn frame_is_what_another_implementation_writes() {
        for method in METHODS {
            let value = vec![7; method.value().1];
            let ours = Encrypt0 { method, value: &value, ciphertext: &[9; 20] }.encode();
            assert_eq!(*ours, written(&Value::Array(parts(method))));
            let read = Encrypt0::decode(method, &ours).unwrap();
            assert_eq!((read.method, read.value), (method, &*value));
            assert_eq!(read.ciphertext, [9; 20]);
            let structure = Value::Array(vec![
                Value::from("Encrypt0"),
                parts(method).remove(0),
                Value::Bytes(b"outside".to_vec()),
            ]);
            assert_eq!(*method.enc_structure(b"outside"), written(&structure));
        }
    }

    #[test]
    fn frame_known_answer() {
        // By hand from RFC 9052: a101182a is {1: 42}, 23 is -4.
        let sealed =
            Encrypt0 { method: SealMethod::PublicKey, value: &[7; 32], ciphertext: &[9; 16] };
        let expected = ["8344a101182aa1235820", &"07".repeat(32), "50", &"09".repeat(16)].concat();
        assert_eq!(hex::encode(&*sealed.encode()), expected);
        let structure = SealMethod::ContentKey.enc_structure(&[1, 2]);
        assert_eq!(hex::encode(&*structure), "8368456e63727970743044a1011818420102");
    }

    #[test]
    fn any_other_frame_is_refused() {
        for (method, other) in [(METHODS[0], METHODS[1]), (METHODS[1], METHODS[0])] {
            let good = written(&Value::Array(parts(method)));
            assert!(Encrypt0::decode(method, &good).is_ok());
            assert!(Encrypt0::decode(other, &good).is_err(), "the other method");
            let tagged = Value::Tag(16, Box::new(Value::Array(parts(method))));
            assert!(Encrypt0::decode(method, &written(&tagged)).is_err(), "tagged");
            let (label, length) = method.value();
            let with = |at: usize, part: Value| {
                let mut changed = parts(method);
                changed[at] = part;
                written(&Value::Array(changed))
            };
            let protected = |pairs: &[(i64, Value)]| Value::Bytes(written(&header(pairs)));
            let value = |length: usize| Value::Bytes(vec![7; length]);
            let algorithm = (1, Value::from(method.algorithm()));
            let refused = [
                ("A256GCM", with(0, protected(&[(1, Value::from(3))]))),
                ("no algorithm", with(0, protected(&[]))),
                ("a kid", with(0, protected(&[algorithm, (4, value(8))]))),
                ("a protected map", with(0, header(&[(1, Value::from(method.algorithm()))]))),
                ("empty protected", with(0, Value::Bytes(vec![]))),
                ("no value", with(1, header(&[]))),
                ("another label", with(1, header(&[(label - 1, value(length))]))),
                ("short", with(1, header(&[(label, value(length - 1))]))),
                ("long", with(1, header(&[(label, value(length + 1))]))),
                ("two", with(1, header(&[(label, value(length)), (-70_000, value(1))]))),
                ("detached", with(2, Value::Null)),
                ("text", with(2, Value::from("text"))),
            ];
            for (name, bytes) in refused {
                assert_eq!(Encrypt0::decode(method, &bytes).err(), Some(Malformed), "{name}");
            }
            let four = [parts(method), vec![Value::Array(vec![])]].concat();
            let four = written(&Value::Array(four));
            assert!(Encrypt0::decode(method, &four).is_err(), "recipients");
            for end in 0..good.len() {
                assert!(Encrypt0::decode(method, &good[..end]).is_err(), "cut at {end}");
            }
            assert!(Encrypt0::decode(method, &[&*good, &[0]].concat()).is_err(), "trailing");
        }
    }
}
