//! OTLP as a message of Protocol Buffers, read where it lies.

use super::super::Record;
use super::super::wire::{Fields, NotAMessage};
use super::{ATTRIBUTES_MAX, DEPTH_MAX, Log, Pairs};
use std::borrow::Cow;
use std::fmt::Write;

/// Takes the records of an `ExportLogsServiceRequest`.
///
/// # Errors
/// When it is not one. What stands before the place where it breaks is taken.
pub fn decode_message(body: &[u8], put: &mut impl FnMut(&Record<'_>)) -> Result<(), NotAMessage> {
    let mut request = Fields(body);
    while let Some((number, value)) = request.next()? {
        if number == 1 {
            resource_logs(value.bytes(), put)?;
        }
    }
    Ok(())
}

fn resource_logs(message: &[u8], put: &mut impl FnMut(&Record<'_>)) -> Result<(), NotAMessage> {
    let mut resource = Pairs::new();
    let mut scopes = Vec::new();
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => attributes(value.bytes(), 1, &mut resource)?,
            2 => scopes.push(value.bytes()),
            _ => {}
        }
    }
    for scope in scopes {
        scope_logs(scope, &resource, put)?;
    }
    Ok(())
}

fn scope_logs<'a>(message: &'a [u8], resource: &Pairs<'a>, put: &mut impl FnMut(&Record<'_>)) -> Result<(), NotAMessage> {
    let mut shared = resource.clone();
    let mut logs = Vec::new();
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => scope(value.bytes(), &mut shared)?,
            2 => logs.push(value.bytes()),
            _ => {}
        }
    }
    for message in logs {
        put(&log(message)?.record(&shared));
    }
    Ok(())
}

/// `InstrumentationScope`: its name (1), and its attributes (3).
fn scope<'a>(message: &'a [u8], shared: &mut Pairs<'a>) -> Result<(), NotAMessage> {
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        if number == 1 {
            shared.push((Cow::Borrowed("scope"), String::from_utf8_lossy(value.bytes())));
        }
    }
    attributes(message, 3, shared)
}

fn log(message: &[u8]) -> Result<Log<'_>, NotAMessage> {
    let mut log = Log::default();
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => log.nanos = value.number(),
            2 => log.severity = value.number(),
            3 => log.severity_text = String::from_utf8_lossy(value.bytes()),
            5 => log.body = any(value.bytes())?,
            9 => log.trace = hex(value.bytes()),
            10 => log.span = hex(value.bytes()),
            11 => log.observed_nanos = value.number(),
            12 => log.event = String::from_utf8_lossy(value.bytes()),
            _ => {}
        }
    }
    attributes(message, 6, &mut log.attributes)?;
    Ok(log)
}

/// The pairs that stand in the fields of this number.
fn attributes<'a>(message: &'a [u8], at: u32, pairs: &mut Pairs<'a>) -> Result<(), NotAMessage> {
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        if number == at && pairs.len() < ATTRIBUTES_MAX {
            let (name, value) = pair(value.bytes())?;
            pairs.push((name, any(value)?));
        }
    }
    Ok(())
}

fn pair(message: &[u8]) -> Result<(Cow<'_, str>, &[u8]), NotAMessage> {
    let (mut name, mut any) = (Cow::Borrowed(""), &[][..]);
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => name = String::from_utf8_lossy(value.bytes()),
            2 => any = value.bytes(),
            _ => {}
        }
    }
    Ok((name, any))
}

/// `AnyValue` as text: a text as it is, everything else as JSON.
fn any(message: &[u8]) -> Result<Cow<'_, str>, NotAMessage> {
    match Fields(message).next()? {
        None => Ok(Cow::Borrowed("")),
        Some((1, value)) => Ok(String::from_utf8_lossy(value.bytes())),
        Some(_) => {
            let mut json = String::new();
            write_any(message, &mut json, 0)?;
            Ok(Cow::Owned(json))
        }
    }
}

fn write_any(message: &[u8], json: &mut String, depth: usize) -> Result<(), NotAMessage> {
    if depth > DEPTH_MAX {
        return Err(NotAMessage);
    }
    // Writing to a String does not fail.
    let _infallible = match Fields(message).next()? {
        None => write!(json, "null"),
        Some((2, value)) => write!(json, "{}", value.number() != 0),
        Some((3, value)) => write!(json, "{}", value.number().cast_signed()),
        Some((4, value)) => {
            let number = f64::from_bits(value.number());
            if number.is_finite() { write!(json, "{number}") } else { write!(json, "\"{number}\"") }
        }
        Some((5, value)) => return write_values(value.bytes(), json, depth),
        Some((6, value)) => return write_pairs(value.bytes(), json, depth),
        Some((7, value)) => write!(json, "\"{}\"", base64(value.bytes())),
        Some((_, value)) => write!(json, "{}", quoted(&String::from_utf8_lossy(value.bytes()))),
    };
    Ok(())
}

fn write_values(message: &[u8], json: &mut String, depth: usize) -> Result<(), NotAMessage> {
    json.push('[');
    let mut fields = Fields(message);
    let mut comma = "";
    while let Some((_, value)) = fields.next()? {
        json.push_str(comma);
        write_any(value.bytes(), json, depth + 1)?;
        comma = ",";
    }
    json.push(']');
    Ok(())
}

fn write_pairs(message: &[u8], json: &mut String, depth: usize) -> Result<(), NotAMessage> {
    json.push('{');
    let mut fields = Fields(message);
    let mut comma = "";
    while let Some((_, value)) = fields.next()? {
        let (name, value) = pair(value.bytes())?;
        json.push_str(comma);
        json.push_str(&quoted(&name));
        json.push(':');
        write_any(value, json, depth + 1)?;
        comma = ",";
    }
    json.push('}');
    Ok(())
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".into())
}

fn hex(bytes: &[u8]) -> Cow<'static, str> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Cow::Borrowed("");
    }
    Cow::Owned(bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect())
}

/// RFC 4648 §4, as the JSON form of bytes.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sign = |bits: u32| SIGNS.get(bits as usize & 63).map_or('=', |sign| char::from(*sign));
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().chain(&[0, 0]).take(3).fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let signs = [sign(bits >> 18), sign(bits >> 12), sign(bits >> 6), sign(bits)];
        text.extend(signs.iter().take(chunk.len() + 1));
        text.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    text
}
