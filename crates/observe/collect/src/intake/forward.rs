//! Fluent's forward protocol: messages of MessagePack, each with one record or many.
//!
//! Specified in <https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1.5>: `[tag, time, record]`,
//! `[tag, [[time, record] …]]`, and `[tag, packed]` with entries one after another, which may be compressed; each with
//! options behind. A record is kept as JSON. [`decode`] says which chunks are to be acknowledged; [`hello`], [`check_ping`]
//! and [`pong`] are the handshake by which both sides prove that they know the same key without saying it.

use super::body::{Packing, unpack};
use super::msgpack::{Token, Tokens, Unread, write};
use super::{REQUEST_BYTES_MAX, Record};
use sha2::{Digest, Sha512};
use std::borrow::Cow;
use vigie_model::time::Timestamp;

/// Longest name of a chunk that is repeated.
const CHUNK_MAX: usize = 256;

/// What stands behind the entries of a message.
#[derive(Default)]
struct Options<'a> {
    chunk: Option<&'a [u8]>,
    packing: Option<&'a [u8]>,
}

/// How many bytes at the beginning belong to whole messages.
///
/// # Errors
/// [`Unread::Senseless`] when what follows cannot become a message.
pub fn whole(bytes: &[u8]) -> Result<usize, Unread> {
    let mut tokens = Tokens(bytes);
    loop {
        let left = tokens.0.len();
        match tokens.value() {
            Ok(_) => {}
            Err(Unread::Incomplete) => return Ok(bytes.len() - left),
            Err(Unread::Senseless) if left < bytes.len() => return Ok(bytes.len() - left),
            Err(error) => return Err(error),
        }
    }
}

/// Takes the records of whole messages. Gives the chunks that their senders want to have acknowledged.
pub fn decode(bytes: &[u8], put: &mut impl FnMut(&Record<'_>)) -> Vec<Vec<u8>> {
    let mut tokens = Tokens(bytes);
    let mut chunks = Vec::new();
    while let Ok(message) = tokens.value() {
        match read(message, put) {
            Ok(chunk) => chunks.extend(chunk.filter(|chunk| chunk.len() <= CHUNK_MAX).map(<[u8]>::to_vec)),
            // A beat to keep the connection open.
            Err(_) if message == [0xc0] => {}
            Err(_) => put(&Record::set_aside(message, "no message of the forward protocol")),
        }
    }
    chunks
}

fn read<'a>(message: &'a [u8], put: &mut impl FnMut(&Record<'_>)) -> Result<Option<&'a [u8]>, Unread> {
    let mut tokens = Tokens(message);
    let (Token::Array(parts @ 2..=4), Token::Str(tag)) = (tokens.next()?, tokens.next()?) else {
        return Err(Unread::Senseless);
    };
    let tag = String::from_utf8_lossy(tag);
    let ahead = tokens.clone().next()?;
    match ahead {
        Token::Array(count) => {
            let entries = tokens.value()?;
            let options = options(&mut tokens, parts > 2)?;
            let mut entries = Tokens(entries);
            entries.next()?;
            for _ in 0..count {
                entry(&mut entries, &tag, put)?;
            }
            Ok(options.chunk)
        }
        Token::Bin(packed) | Token::Str(packed) => {
            tokens.next()?;
            let options = options(&mut tokens, parts > 2)?;
            let packing = match options.packing {
                None | Some(b"text") => Packing::None,
                Some(name) => std::str::from_utf8(name).ok().and_then(Packing::named).ok_or(Unread::Senseless)?,
            };
            let entries = unpack(packing, packed, REQUEST_BYTES_MAX).map_err(|_| Unread::Senseless)?;
            packed_entries(&entries, &tag, put);
            Ok(options.chunk)
        }
        _ => {
            let time = tokens.value()?;
            let record = tokens.value()?;
            let options = options(&mut tokens, parts > 3)?;
            put_record(time, record, &tag, put)?;
            Ok(options.chunk)
        }
    }
}

/// Entries one after another; what breaks is set aside with everything behind it.
fn packed_entries(bytes: &[u8], tag: &str, put: &mut impl FnMut(&Record<'_>)) {
    let mut entries = Tokens(bytes);
    while !entries.0.is_empty() {
        let rest = entries.0;
        if entry(&mut entries, tag, put).is_err() {
            put(&Record::set_aside(rest, "no entry of the forward protocol"));
            return;
        }
    }
}

/// `[time, record]`, or `[[time, metadata], record]` of Fluent Bit.
fn entry(entries: &mut Tokens<'_>, tag: &str, put: &mut impl FnMut(&Record<'_>)) -> Result<(), Unread> {
    let Token::Array(2) = entries.next()? else { return Err(Unread::Senseless) };
    let (mut time, record) = (entries.value()?, entries.value()?);
    let mut header = Tokens(time);
    if let Token::Array(1..) = header.next()? {
        time = header.value()?;
    }
    put_record(time, record, tag, put)
}

fn put_record(time: &[u8], record: &[u8], tag: &str, put: &mut impl FnMut(&Record<'_>)) -> Result<(), Unread> {
    if !matches!(Tokens(record).next()?, Token::Map(_)) {
        return Err(Unread::Senseless);
    }
    let mut json = String::with_capacity(record.len() + record.len() / 4);
    Tokens(record).write_json(&mut json)?;
    let mut record = Record::of(json.into_bytes());
    record.time = time_of(Tokens(time).next()?);
    record.tell("tag", Cow::Borrowed(tag));
    put(&record);
    Ok(())
}

/// Seconds, or the extension of seconds and nanoseconds.
fn time_of(token: Token<'_>) -> Option<Timestamp> {
    let seconds = |seconds: i64| Some(Timestamp::from_seconds(seconds)).filter(|_| seconds > 0);
    match token {
        Token::Uint(number) => seconds(i64::try_from(number).ok()?),
        Token::Int(number) => seconds(number),
        Token::Float(number) => seconds(number as i64),
        Token::Ext(0, &[a, b, c, d, e, f, g, h]) => {
            let nanos = u32::from_be_bytes([e, f, g, h]);
            Some(seconds(i64::from(u32::from_be_bytes([a, b, c, d])))?.plus_micros(i64::from(nanos / 1000)))
        }
        _ => None,
    }
}

fn options<'a>(tokens: &mut Tokens<'a>, are_there: bool) -> Result<Options<'a>, Unread> {
    let mut options = Options::default();
    let Token::Map(count) = (if are_there { tokens.next()? } else { Token::Nil }) else { return Ok(options) };
    for _ in 0..count {
        let name = tokens.value()?;
        let value = tokens.value()?;
        let text = match Tokens(value).next()? {
            Token::Str(text) | Token::Bin(text) => Some(text),
            _ => None,
        };
        match Tokens(name).next()? {
            Token::Str(b"chunk") => options.chunk = text,
            Token::Str(b"compressed") => options.packing = text,
            _ => {}
        }
    }
    Ok(options)
}

/// The answer to a chunk.
#[must_use]
pub fn acknowledgement(chunk: &[u8]) -> Vec<u8> {
    let mut answer = vec![0x81];
    write::text(&mut answer, b"ack");
    write::text(&mut answer, chunk);
    answer
}

/// The first word of the handshake: `["HELO", {"nonce": …, "auth": "", "keepalive": true}]`.
#[must_use]
pub fn hello(nonce: &[u8; 16]) -> Vec<u8> {
    let mut hello = vec![0x92];
    write::text(&mut hello, b"HELO");
    hello.push(0x83);
    write::text(&mut hello, b"nonce");
    hello.extend([0xc4, 16]);
    hello.extend_from_slice(nonce);
    write::text(&mut hello, b"auth");
    write::text(&mut hello, b"");
    write::text(&mut hello, b"keepalive");
    hello.push(0xc3);
    hello
}

/// The salt of a `PING` whose sender knows the key: `["PING", host, salt, digest, user, password]`.
#[must_use]
pub fn check_ping<'a>(message: &'a [u8], nonce: &[u8], key: &[u8]) -> Option<&'a [u8]> {
    let mut tokens = Tokens(message);
    let mut text = || match tokens.next().ok()? {
        Token::Str(text) | Token::Bin(text) => Some(text),
        Token::Array(_) => Some(&[][..]),
        _ => None,
    };
    let (_, word, host, salt, given) = (text()?, text()?, text()?, text()?, text()?);
    let expected = digest(&[salt, host, nonce, key]);
    // The time that this takes must not tell how much of it is right.
    let is_right = given.len() == expected.len() && given.iter().zip(expected.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0;
    (word == b"PING" && is_right).then_some(salt)
}

/// The last word of the handshake: `["PONG", whether, reason, host, digest]`; with the salt of a right `PING`.
#[must_use]
pub fn pong(salt: Option<&[u8]>, host: &str, nonce: &[u8], key: &[u8]) -> Vec<u8> {
    let mut pong = vec![0x95];
    write::text(&mut pong, b"PONG");
    pong.push(if salt.is_some() { 0xc3 } else { 0xc2 });
    write::text(&mut pong, if salt.is_some() { b"" } else { b"shared_key mismatch" });
    write::text(&mut pong, host.as_bytes());
    let digest = salt.map(|salt| digest(&[salt, host.as_bytes(), nonce, key])).unwrap_or_default();
    write::text(&mut pong, digest.as_bytes());
    pong
}

fn digest(parts: &[&[u8]]) -> String {
    let digest = parts.iter().fold(Sha512::new(), Digest::chain_update).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// `{"log": "it broke"}`
    const RECORD: &[u8] = b"\x81\xa3log\xa8it broke";
    /// 2026-11-21T08:30:00.25Z.
    const TIME: &[u8] = b"\xd7\x00\x6b\x01\x56\x88\x0e\xe6\xb2\x80";

    fn taken(message: &[u8]) -> (Vec<String>, Vec<Vec<u8>>) {
        let mut seen = Vec::new();
        let chunks = decode(message, &mut |record| {
            let time = record.time.map(|time| time.to_string()).unwrap_or_default();
            let more: Vec<String> = record.more.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let problem = record.problem.unwrap_or_default();
            seen.push(format!("{time} {} {}{problem}", String::from_utf8_lossy(&record.raw), more.join(" ")));
        });
        (seen, chunks)
    }

    fn entry() -> Vec<u8> {
        [b"\x92", TIME, RECORD].concat()
    }

    const EXPECTED: &str = "2026-11-21T08:30:00.25Z {\"log\":\"it broke\"} tag=app.web";

    #[test]
    fn all_modes() {
        let tag: &[u8] = b"\xa7app.web";
        let chunk: &[u8] = b"\x81\xa5chunk\xa3c-1";
        let entries = entry().repeat(2);
        let bin = |bytes: &[u8]| [&[0xc4, u8::try_from(bytes.len()).unwrap()], bytes].concat();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&entries).unwrap();
        let compressed = [b"\x82\xa5chunk\xa3c-1\xaacompressed\xa4gzip".as_slice()].concat();
        for (message, count) in [
            ([b"\x94", tag, TIME, RECORD, chunk].concat(), 1),
            ([b"\x93", tag, b"\x92", &entries, chunk].concat(), 2),
            ([b"\x93", tag, &bin(&entries), chunk].concat(), 2),
            ([b"\x93", tag, &bin(&gzip.finish().unwrap()), &compressed].concat(), 2),
            ([b"\x93", tag, b"\x91\x92\x92", TIME, b"\x80", RECORD, chunk].concat(), 1),
        ] {
            assert_eq!(whole(&message), Ok(message.len()));
            assert_eq!(taken(&message), (vec![EXPECTED.to_owned(); count], vec![b"c-1".to_vec()]));
        }
        let (seen, chunks) = taken(&[b"\x93", tag, b"\xce\x6b\x01\x56\x88", RECORD].concat());
        assert_eq!((seen.len(), chunks.len()), (1, 0), "without options");
    }

    #[test]
    fn what_is_none_is_set_aside() {
        let (seen, _) = taken(b"\x92\xa1a\x01\xc0\x93\xa1t\x05\x05");
        assert_eq!(seen.len(), 2, "{seen:?}");
        let packed = [&b"\x92\xa1t\xc4"[..], &[u8::try_from(entry().len() + 1).unwrap()], &entry(), b"\x05"].concat();
        let (seen, _) = taken(&packed);
        assert_eq!((seen.len(), seen[1].ends_with("no entry of the forward protocol")), (2, true));
        assert_eq!(whole(b"\x92\xa1a"), Ok(0));
        assert_eq!(whole(b"\xc0\x92"), Ok(1));
        assert_eq!(whole(b"\xc1"), Err(Unread::Senseless));
    }

    #[test]
    fn both_sides_prove_the_key() {
        let (nonce, key) = ([7; 16], b"secret");
        let ping = |key: &[u8]| {
            let mut ping = vec![0x96];
            for text in [b"PING", &b"client"[..], b"salt", digest(&[b"salt", b"client", &nonce, key]).as_bytes(), b"", b""] {
                write::text(&mut ping, text);
            }
            ping
        };
        assert_eq!(check_ping(&ping(key), &nonce, key), Some(&b"salt"[..]));
        assert_eq!(check_ping(&ping(b"other"), &nonce, key), None);
        assert_eq!(check_ping(b"\x91\xa4PING", &nonce, key), None);
        let pong = pong(Some(b"salt"), "server", &nonce, key);
        assert!(pong.ends_with(digest(&[b"salt", b"server", &nonce, key]).as_bytes()));
        assert!(hello(&nonce).starts_with(b"\x92\xa4HELO\x83\xa5nonce\xc4\x10"));
    }
}
