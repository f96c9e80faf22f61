//! The frame of a signed object: COSE_Sign1 (RFC 9052 4.2) with one fixed protected header.
//!
//! Tag 18, then [protected, unprotected = {}, payload, signature], where protected is the encoding
//! of {1: -47 (ES256K), 4: kid, 16: typ}. What is signed is the Sig_structure ["Signature1",
//! protected, external_aad = '', payload]. No key is touched here. Bytes: docs/formats.md, signed objects.

use super::{Buffer, Decoder, Encoder, Malformed, Map};

/// The first 8 bytes of SHA-256 over the compressed point of the signing key.
pub type Kid = [u8; 8];

/// A signed object taken apart; nothing of it is verified yet.
#[derive(Debug, Clone, Copy)]
pub struct Sign1<'a> {
    /// Names the key, and finds none.
    pub kid: &'a Kid,
    /// What kind of object it is.
    pub typ: &'a str,
    /// The claims.
    pub payload: &'a [u8],
    /// r || s of ES256K.
    pub signature: &'a [u8; 64],
}

impl<'a> Sign1<'a> {
    /// Takes a tagged object apart.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes than [`Sign1::encode`] writes.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut input = Decoder::new(bytes);
        input.tag(COSE_SIGN1)?;
        if input.array()? != 4 {
            return Err(Malformed);
        }
        let (kid, typ) = decode_protected(input.nested()?)?;
        if input.map()?.next(&mut input)?.is_some() {
            return Err(Malformed);
        }
        let payload = input.bytes()?;
        let signature = input.bytes()?.try_into().map_err(|_| Malformed)?;
        input.finish()?;
        Ok(Self { kid, typ, payload, signature })
    }

    /// Tells from its first bytes how long a tagged object is.
    ///
    /// # Errors
    /// [`Malformed`] when they begin no object, or end before the payload.
    pub(crate) fn length(begin: &[u8]) -> Result<u64, Malformed> {
        let mut input = Decoder::new(begin);
        input.tag(COSE_SIGN1)?;
        if input.array()? != 4 {
            return Err(Malformed);
        }
        input.bytes()?;
        if input.map()?.next(&mut input)?.is_some() {
            return Err(Malformed);
        }
        let payload = input.bytes_head()?;
        let before = begin.len() - input.rest().len();
        let around = u64::try_from(before).map_err(|_| Malformed)? + SIGNATURE;
        payload.checked_add(around).ok_or(Malformed)
    }

    /// Writes the object with its tag.
    #[must_use]
    pub fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.payload.len() + ROOM);
        out.tag(COSE_SIGN1);
        out.array(4);
        out.bytes(&self.protected());
        out.map(0);
        out.bytes(self.payload);
        out.bytes(self.signature);
        out.finish()
    }

    /// Writes what is signed: the Sig_structure (RFC 9052 4.4).
    #[must_use]
    pub fn sig_structure(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.payload.len() + ROOM);
        out.array(4);
        out.text("Signature1");
        out.bytes(&self.protected());
        out.bytes(&[]);
        out.bytes(self.payload);
        out.finish()
    }

    fn protected(&self) -> Buffer {
        let mut out = Encoder::with_capacity(ROOM);
        out.map(3);
        out.int(ALG);
        out.int(ES256K);
        out.int(KID);
        out.bytes(self.kid);
        out.int(TYP);
        out.text(self.typ);
        out.finish()
    }
}

fn decode_protected(input: Decoder<'_>) -> Result<(&Kid, &str), Malformed> {
    let mut header = Map::new(input)?;
    if header.at(ALG)?.int()? != ES256K {
        return Err(Malformed);
    }
    let kid = header.at(KID)?.bytes()?.try_into().map_err(|_| Malformed)?;
    let typ = header.at(TYP)?.text()?;
    header.finish()?;
    Ok((kid, typ))
}

const COSE_SIGN1: u64 = 18;
// Header parameters (RFC 9052 3.1, RFC 9596) and the algorithm (RFC 8812).
const ALG: i64 = 1;
const KID: i64 = 4;
const TYP: i64 = 16;
const ES256K: i64 = -47;
/// Head and content of the byte string at the end.
const SIGNATURE: u64 = 2 + 64;
/// More than everything but the payload takes with a typ of six letters.
const ROOM: usize = 128;

#[cfg(test)]
mod tests {
    use ciborium::Value;

    use super::*;

    type Header = Vec<(i64, Value)>;

    const SIGNED: Sign1<'_> =
        Sign1 { kid: &[7; 8], typ: "pmw-cp", payload: &[0xa0], signature: &[9; 64] };

    fn written(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    }

    fn header(pairs: &[(i64, Value)]) -> Value {
        let pairs = pairs.iter().map(|(key, value)| (Value::from(*key), value.clone()));
        Value::Map(pairs.collect())
    }

    fn protected() -> Header {
        vec![(1, Value::from(-47)), (4, Value::Bytes(vec![7; 8])), (16, Value::from("pmw-cp"))]
    }

    fn object(protected: &[(i64, Value)], unprotected: Value) -> Value {
        let protected = Value::Bytes(written(&header(protected)));
        let payload = Value::Bytes(vec![0xa0]);
        Value::Array(vec![protected, unprotected, payload, Value::Bytes(vec![9; 64])])
    }

    #[test]
    fn frame_is_what_another_implementation_writes() {
        let inner = object(&protected(), header(&[]));
        assert_eq!(*SIGNED.encode(), written(&Value::Tag(18, Box::new(inner))));
        let signed = Value::Array(vec![
            Value::from("Signature1"),
            Value::Bytes(written(&header(&protected()))),
            Value::Bytes(vec![]),
            Value::Bytes(vec![0xa0]),
        ]);
        assert_eq!(*SIGNED.sig_structure(), written(&signed));
        let encoded = SIGNED.encode();
        let decoded = Sign1::decode(&encoded).unwrap();
        assert_eq!((decoded.kid, decoded.typ), (SIGNED.kid, SIGNED.typ));
        assert_eq!((decoded.payload, decoded.signature), (SIGNED.payload, SIGNED.signature));
    }

    #[test]
    fn the_beginning_tells_the_length() {
        for length in [0, 1, 23, 24, 255, 256, 65_536] {
            let encoded = Sign1 { payload: &vec![7; length], ..SIGNED }.encode();
            let begin = &encoded[..encoded.len().min(64)];
            assert_eq!(Sign1::length(begin), Ok(encoded.len().try_into().unwrap()), "{length}");
        }
        let encoded = SIGNED.encode();
        for end in 0..27 {
            assert_eq!(Sign1::length(&encoded[..end]), Err(Malformed), "cut at {end}");
        }
        let mut endless = encoded[..26].to_vec();
        endless.extend([0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(Sign1::length(&endless), Err(Malformed));
    }

    #[test]
    fn any_other_frame_is_refused() {
        let mut refused = Vec::new();
        let good = object(&protected(), header(&[]));
        refused.push(("untagged", good.clone()));
        refused.push(("another tag", Value::Tag(17, Box::new(good.clone()))));
        refused.push(("tagged twice", Value::Tag(18, Box::new(Value::Tag(18, Box::new(good))))));
        let unprotected = header(&[(4, Value::Bytes(vec![7; 8]))]);
        refused.push(("unprotected", Value::Tag(18, Box::new(object(&protected(), unprotected)))));
        let mut with = |name, change: &dyn Fn(&mut Header)| {
            let mut changed = protected();
            change(&mut changed);
            refused.push((name, Value::Tag(18, Box::new(object(&changed, header(&[]))))));
        };
        with("ES256", &|header| header[0].1 = Value::from(-7));
        with("no algorithm", &|header| drop(header.remove(0)));
        with("no kid", &|header| drop(header.remove(1)));
        with("no typ", &|header| drop(header.remove(2)));
        with("kid of seven bytes", &|header| header[1].1 = Value::Bytes(vec![7; 7]));
        with("typ in bytes", &|header| header[2].1 = Value::Bytes(b"pmw-cp".to_vec()));
        with("a further parameter", &|header| header.push((33, Value::Bytes(vec![]))));
        with("out of order", &|header| header.swap(0, 1));
        for (name, value) in refused {
            assert_eq!(Sign1::decode(&written(&value)).err(), Some(Malformed), "{name}");
        }
        let encoded = SIGNED.encode();
        for end in 0..encoded.len() {
            assert!(Sign1::decode(&encoded[..end]).is_err(), "cut at {end}");
        }
        assert!(Sign1::decode(&[&encoded, [0].as_slice()].concat()).is_err(), "trailing");
    }
}
