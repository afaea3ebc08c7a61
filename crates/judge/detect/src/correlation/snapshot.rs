//! The state of all correlations as bytes, to be stored beside the position in the events.
//!
//! Layout: magic, version, then records of fixed order; numbers are LEB128 (signed ones zigzag),
//! texts and lists are preceded by their length; a checksum (FNV-1a, against torn writes, not
//! against forgery) closes it. Whatever the bytes are, reading ends in a state or in an error.

use super::definition::Definition;
use super::group::{Counted, Entry, Group, Reported};
use super::notice::{NoticeKind, Notices};
use super::state::{Key, State};
use std::collections::HashMap;

const MAGIC: &[u8; 8] = b"vigieDET";
const VERSION: u64 = 2;
const CHECKSUM_BYTES: usize = 8;

/// Why stored state cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Not written by [`Detector::snapshot`](crate::Detector::snapshot), or damaged.
    #[error("the stored state of the correlations is damaged")]
    Damaged,
    /// Written by a newer program.
    #[error("the stored state of the correlations is of version {0}, which is newer than this program")]
    Newer(u64),
}

/// Writes states and the number of the last event they know.
pub(crate) fn write(position: Option<u64>, definitions: &[Definition], states: &[State]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    put(&mut out, VERSION);
    put(&mut out, position.map_or(0, |position| position.saturating_add(1)));
    put(&mut out, states.len() as u64);
    for (definition, state) in definitions.iter().zip(states) {
        put_text(&mut out, &definition.info.subject);
        put_text(&mut out, &definition.fingerprint());
        put_signed(&mut out, state.newest);
        put_signed(&mut out, state.swept);
        put(&mut out, state.groups.len() as u64);
        for (key, group) in &state.groups {
            put_group(&mut out, key, group);
        }
    }
    let checksum = checksum(&out);
    out.extend(checksum.to_le_bytes());
    out
}

fn put_group(out: &mut Vec<u8>, key: &Key, group: &Group) {
    put(out, key.len() as u64);
    key.iter().for_each(|value| put_text(out, value));
    put_signed(out, group.touched);
    put(out, u64::from(group.reported.is_some()));
    if let Some(reported) = group.reported {
        put_signed(out, reported.time);
        put(out, reported.count);
    }
    put(out, group.len() as u64);
    for entry in group.entries() {
        put_entry(out, entry);
    }
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    put_signed(out, entry.time);
    put(out, entry.event);
    put(out, entry.rule.into());
    put(out, entry.weight.into());
    match &entry.value {
        Counted::Nothing => put(out, 0),
        Counted::Text(text) => {
            put(out, 1);
            put_text(out, text);
        }
        Counted::Number(number) => {
            put(out, 2);
            put(out, number.to_bits());
        }
    }
    let trail = entry.trail.as_deref().unwrap_or_default();
    put(out, trail.len() as u64);
    trail.iter().for_each(|event| put(out, *event));
    put(out, entry.told.into());
}

/// Reads states back for these correlations, in their order. A correlation that is not in the bytes
/// starts empty; one that has changed does too, and says so.
pub(crate) fn read(
    bytes: &[u8],
    definitions: &[Definition],
    notices: &mut Notices,
) -> Result<(Option<u64>, Vec<State>), RestoreError> {
    let mut input = Input::open(bytes)?;
    let position = input.number()?.checked_sub(1);
    let mut stored = HashMap::new();
    for _ in 0..input.number()? {
        let (subject, fingerprint) = (input.text()?, input.text()?);
        let wanted = definitions.iter().find(|definition| definition.info.subject == subject);
        let same = wanted.filter(|definition| definition.fingerprint() == fingerprint);
        let state = input.state(same)?;
        match (wanted, same) {
            (_, Some(_)) => drop(stored.insert(subject, state)),
            (Some(_), None) => notices.add(&subject, NoticeKind::Changed, state.entries as u64, state.newest),
            (None, None) => {}
        }
    }
    let states = definitions.iter().map(|definition| stored.remove(&definition.info.subject).unwrap_or_default());
    Ok((position, states.collect()))
}

struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn open(bytes: &'b [u8]) -> Result<Self, RestoreError> {
        let (body, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(RestoreError::Damaged)?;
        if checksum(body) != u64::from_le_bytes(*sum) {
            return Err(RestoreError::Damaged);
        }
        let mut input = Self(body.strip_prefix(MAGIC).ok_or(RestoreError::Damaged)?);
        match input.number()? {
            VERSION => Ok(input),
            newer if newer > VERSION => Err(RestoreError::Newer(newer)),
            _ => Err(RestoreError::Damaged),
        }
    }

    fn state(&mut self, definition: Option<&Definition>) -> Result<State, RestoreError> {
        let mut state = State { newest: self.signed()?, swept: self.signed()?, ..State::default() };
        for _ in 0..self.number()? {
            let key = (0..self.number()?).map(|_| self.text().map(String::into_boxed_str)).collect::<Result<Key, _>>()?;
            let touched = self.signed()?;
            let reported = match self.number()? {
                0 => None,
                _ => Some(Reported { time: self.signed()?, count: self.number()? }),
            };
            let entries = (0..self.number()?).map(|_| self.entry()).collect::<Result<Vec<_>, _>>()?;
            state.entries += entries.len();
            if let Some(definition) = definition {
                state.groups.insert(key, Group::restored(entries, touched, reported, definition));
            }
        }
        Ok(state)
    }

    fn entry(&mut self) -> Result<Entry, RestoreError> {
        let (time, event) = (self.signed()?, self.number()?);
        let rule = u16::try_from(self.number()?).map_err(|_| RestoreError::Damaged)?;
        let weight = u32::try_from(self.number()?).map_err(|_| RestoreError::Damaged)?;
        let value = match self.number()? {
            0 => Counted::Nothing,
            1 => Counted::Text(self.text()?.into()),
            2 => Counted::Number(f64::from_bits(self.number()?)),
            _ => return Err(RestoreError::Damaged),
        };
        let trail = (0..self.number()?).map(|_| self.number()).collect::<Result<Vec<_>, _>>()?;
        let told = self.number()? != 0;
        Ok(Entry { time, event, rule, weight, value, trail: (!trail.is_empty()).then(|| trail.into()), told })
    }

    fn number(&mut self) -> Result<u64, RestoreError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(RestoreError::Damaged)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(RestoreError::Damaged)
    }

    fn signed(&mut self) -> Result<i64, RestoreError> {
        let zigzag = self.number()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    fn text(&mut self) -> Result<String, RestoreError> {
        let length = usize::try_from(self.number()?).map_err(|_| RestoreError::Damaged)?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(RestoreError::Damaged)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).map_err(|_| RestoreError::Damaged)
    }
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend(text.as_bytes());
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back(number: u64, signed: i64) {
            let mut out = Vec::new();
            put(&mut out, number);
            put_signed(&mut out, signed);
            let mut input = Input(&out);
            prop_assert_eq!((input.number(), input.signed()), (Ok(number), Ok(signed)));
        }

        #[test]
        fn any_bytes_end_in_an_error(mut bytes: Vec<u8>) {
            prop_assert!(read(&bytes, &[], &mut Notices::default()).is_err());
            // Even with everything around them in order.
            let mut whole = MAGIC.to_vec();
            put(&mut whole, VERSION);
            whole.append(&mut bytes);
            let sum = checksum(&whole);
            whole.extend(sum.to_le_bytes());
            let _either = read(&whole, &[], &mut Notices::default());
        }
    }
}
