//! MessagePack, as far as Fluent's forward protocol uses it: values one after another, borrowed, and as JSON.
//!
//! Specified in <https://github.com/msgpack/msgpack/blob/master/spec.md>. Nothing is built in memory: a value is looked
//! at, passed over, or written as JSON.

use std::fmt::Write;

/// Deepest nesting of a value.
const DEPTH_MAX: usize = 32;

/// Why a value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It goes on behind the bytes that are here.
    #[error("the value is not complete")]
    Incomplete,
    /// It is no value, or nested too deep.
    #[error("not MessagePack")]
    Senseless,
}

/// The beginning of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str(&'a [u8]),
    Bin(&'a [u8]),
    /// So many values follow.
    Array(usize),
    /// So many pairs of values follow.
    Map(usize),
    Ext(i8, &'a [u8]),
}

/// Bytes with values one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens<'a>(pub(crate) &'a [u8]);

impl<'a> Tokens<'a> {
    /// The next token.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, Unread> {
        let [kind] = self.array()?;
        Ok(match kind {
            0x00..=0x7f => Token::Uint(u64::from(kind)),
            0x80..=0x8f => Token::Map(usize::from(kind & 0x0f)),
            0x90..=0x9f => Token::Array(usize::from(kind & 0x0f)),
            0xa0..=0xbf => Token::Str(self.bytes(usize::from(kind & 0x1f))?),
            0xc0 => Token::Nil,
            0xc1 => return Err(Unread::Senseless),
            0xc2 | 0xc3 => Token::Bool(kind == 0xc3),
            0xc4..=0xc6 => Token::Bin(self.sized(kind - 0xc4)?),
            0xc7..=0xc9 => {
                let length = self.length(kind - 0xc7)?;
                let [kind] = self.array()?;
                Token::Ext(kind.cast_signed(), self.bytes(length)?)
            }
            0xca => Token::Float(f64::from(f32::from_be_bytes(self.array()?))),
            0xcb => Token::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Uint(u64::from(u8::from_be_bytes(self.array()?))),
            0xcd => Token::Uint(u64::from(u16::from_be_bytes(self.array()?))),
            0xce => Token::Uint(u64::from(u32::from_be_bytes(self.array()?))),
            0xcf => Token::Uint(u64::from_be_bytes(self.array()?)),
            0xd0 => Token::Int(i64::from(i8::from_be_bytes(self.array()?))),
            0xd1 => Token::Int(i64::from(i16::from_be_bytes(self.array()?))),
            0xd2 => Token::Int(i64::from(i32::from_be_bytes(self.array()?))),
            0xd3 => Token::Int(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => {
                let [ext] = self.array()?;
                Token::Ext(ext.cast_signed(), self.bytes(1 << (kind - 0xd4))?)
            }
            0xd9..=0xdb => Token::Str(self.sized(kind - 0xd9)?),
            0xdc | 0xdd => Token::Array(self.length(kind - 0xdc + 1)?),
            0xde | 0xdf => Token::Map(self.length(kind - 0xde + 1)?),
            0xe0..=0xff => Token::Int(i64::from(kind.cast_signed())),
        })
    }

    /// The bytes of the next value, passed over.
    pub(crate) fn value(&mut self) -> Result<&'a [u8], Unread> {
        let from = self.0;
        // Values still to come, at each depth.
        let mut open = vec![1usize];
        while let Some(left) = open.last_mut() {
            if *left == 0 {
                open.pop();
                continue;
            }
            *left -= 1;
            match self.next()? {
                Token::Array(count) => open.push(count),
                Token::Map(count) => open.push(count.checked_mul(2).ok_or(Unread::Senseless)?),
                _ => {}
            }
            if open.len() > DEPTH_MAX {
                return Err(Unread::Senseless);
            }
        }
        Ok(from.get(..from.len() - self.0.len()).unwrap_or_default())
    }

    /// Writes the next value as JSON; what is not UTF-8 as far as it is text.
    pub(crate) fn write_json(&mut self, json: &mut String) -> Result<(), Unread> {
        self.write_nested(json, 0)
    }

    fn write_nested(&mut self, json: &mut String, depth: usize) -> Result<(), Unread> {
        if depth > DEPTH_MAX {
            return Err(Unread::Senseless);
        }
        // Writing to a String does not fail.
        let _infallible = match self.next()? {
            Token::Nil => write!(json, "null"),
            Token::Bool(value) => write!(json, "{value}"),
            Token::Int(value) => write!(json, "{value}"),
            Token::Uint(value) => write!(json, "{value}"),
            Token::Float(value) if value.is_finite() => write!(json, "{value}"),
            Token::Float(value) => write!(json, "\"{value}\""),
            Token::Str(bytes) | Token::Bin(bytes) | Token::Ext(_, bytes) => {
                json.push_str(&quoted(bytes));
                Ok(())
            }
            Token::Array(count) => return self.write_list(count, json, depth),
            Token::Map(count) => return self.write_map(count, json, depth),
        };
        Ok(())
    }

    fn write_list(&mut self, count: usize, json: &mut String, depth: usize) -> Result<(), Unread> {
        json.push('[');
        for at in 0..count {
            json.push_str(if at == 0 { "" } else { "," });
            self.write_nested(json, depth + 1)?;
        }
        json.push(']');
        Ok(())
    }

    fn write_map(&mut self, count: usize, json: &mut String, depth: usize) -> Result<(), Unread> {
        json.push('{');
        for at in 0..count {
            json.push_str(if at == 0 { "" } else { "," });
            match self.next()? {
                Token::Str(name) | Token::Bin(name) => json.push_str(&quoted(name)),
                Token::Uint(number) => drop(write!(json, "\"{number}\"")),
                Token::Int(number) => drop(write!(json, "\"{number}\"")),
                _ => return Err(Unread::Senseless),
            }
            json.push(':');
            self.write_nested(json, depth + 1)?;
        }
        json.push('}');
        Ok(())
    }

    /// Bytes whose length stands before them, in one, two or four bytes.
    fn sized(&mut self, size: u8) -> Result<&'a [u8], Unread> {
        let length = self.length(size)?;
        self.bytes(length)
    }

    fn length(&mut self, size: u8) -> Result<usize, Unread> {
        Ok(match size {
            0 => usize::from(u8::from_be_bytes(self.array()?)),
            1 => usize::from(u16::from_be_bytes(self.array()?)),
            _ => u32::from_be_bytes(self.array()?) as usize,
        })
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Unread> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Unread::Incomplete)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unread> {
        let (array, rest) = self.0.split_first_chunk::<N>().ok_or(Unread::Incomplete)?;
        self.0 = rest;
        Ok(*array)
    }
}

fn quoted(bytes: &[u8]) -> String {
    serde_json::to_string(&String::from_utf8_lossy(bytes)).unwrap_or_else(|_| "\"\"".into())
}

/// Writes values, for answers and for tests.
pub(crate) mod write {
    /// A text of at most 65,535 bytes; the rest is cut.
    pub(crate) fn text(out: &mut Vec<u8>, text: &[u8]) {
        let text = text.get(..text.len().min(usize::from(u16::MAX))).unwrap_or_default();
        match u8::try_from(text.len()) {
            Ok(length @ 0..=31) => out.push(0xa0 | length),
            Ok(length) => out.extend([0xd9, length]),
            Err(_) => {
                out.push(0xda);
                out.extend(u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
            }
        }
        out.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(bytes: &[u8]) -> Result<String, Unread> {
        let mut json = String::new();
        Tokens(bytes).write_json(&mut json)?;
        Ok(json)
    }

    #[test]
    fn values_become_json() {
        for (bytes, expected) in [
            (&b"\x83\xa1a\x01\xa1b\xff\xc4\x01c\x92\xc0\xc3"[..], r#"{"a":1,"b":-1,"c":[null,true]}"#),
            (b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "1.5"),
            (b"\xd9\x02\"\xff", "\"\\\"\u{fffd}\""),
            (b"\xce\xff\xff\xff\xff", "4294967295"),
            (b"\xd3\xff\xff\xff\xff\xff\xff\xff\xfe", "-2"),
            (b"\xdc\x00\x01\x90", "[[]]"),
        ] {
            assert_eq!(json(bytes).as_deref(), Ok(expected));
            assert_eq!(Tokens(bytes).value(), Ok(bytes));
        }
    }

    #[test]
    fn what_is_cut_waits_and_nonsense_is_told() {
        for bytes in [&b"\x81\xa1a"[..], b"\xdb\x00\x00\xff\xff", b"\xdd\xff\xff\xff\xff", b""] {
            assert_eq!(json(bytes), Err(Unread::Incomplete));
            assert_eq!(Tokens(bytes).value(), Err(Unread::Incomplete));
        }
        assert_eq!(json(b"\xc1"), Err(Unread::Senseless));
        assert_eq!(json(&[0x91; 100]), Err(Unread::Senseless));
        assert_eq!(Tokens(&[0x91; 100]).value(), Err(Unread::Senseless));
    }
}
