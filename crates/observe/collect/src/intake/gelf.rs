//! GELF, Graylog's format: one JSON object for each message.
//!
//! Specified in "GELF via UDP/TCP/HTTP" of Graylog's documentation. `host`, `short_message`, `full_message`, `timestamp`
//! and `level` are read as in any other object that carries a line. A datagram may be packed, and a message may come in
//! up to 128 of them: [`Chunks`] puts these together, within limits, and forgets what stays incomplete.

use super::Record;
use super::lines::{Next, Values};
use std::collections::VecDeque;
use vigie_model::time::Timestamp;

/// With what a part of a message begins.
const MAGIC: [u8; 2] = [0x1e, 0x0f];

/// Parts of one message.
const PARTS_MAX: u8 = 128;

/// Messages of which parts are missing, at the same time.
pub const INCOMPLETE_MAX: usize = 256;

/// Bytes of messages of which parts are missing.
pub const INCOMPLETE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long the parts of a message may take, in µs.
const WAIT_US: i64 = 5_000_000;

/// Takes the messages of a body: one object, or several one after another.
pub fn decode(body: &[u8], put: &mut impl FnMut(&Record<'_>)) {
    let text = String::from_utf8_lossy(body);
    for value in Values(&text) {
        match value {
            Next::Value(value) => put(&Record::of(value.get().as_bytes())),
            Next::Broken(rest) => put(&Record::set_aside(rest.as_bytes(), "not JSON")),
        }
    }
}

/// Messages that come in parts.
#[derive(Debug, Default)]
pub struct Chunks {
    waiting: VecDeque<Message>,
    bytes: usize,
    /// Messages that were given up.
    lost: u64,
}

/// The parts of one message that are here.
#[derive(Debug)]
struct Message {
    id: [u8; 8],
    /// Who sent it: ids of two senders may be alike.
    sender: String,
    since: Timestamp,
    parts: Vec<Option<Vec<u8>>>,
    bytes: usize,
}

impl Chunks {
    /// Takes a datagram: gives it back if it is a whole message, or the message of which it was the last part.
    pub fn take(&mut self, datagram: &[u8], sender: &str, now: Timestamp) -> Option<Vec<u8>> {
        let Some(rest) = datagram.strip_prefix(&MAGIC) else { return Some(datagram.to_vec()) };
        self.give_up_late(now);
        let (id, rest) = rest.split_first_chunk::<8>()?;
        let (&[number, count], part) = rest.split_first_chunk::<2>()?;
        if number >= count || count > PARTS_MAX || part.is_empty() {
            self.lost += 1;
            return None;
        }
        let at = self.place(*id, sender, count, now)?;
        let message = self.waiting.get_mut(at)?;
        let place = message.parts.get_mut(usize::from(number))?;
        if place.is_none() {
            *place = Some(part.to_vec());
            message.bytes += part.len();
            self.bytes += part.len();
        }
        if message.parts.iter().all(Option::is_some) {
            let message = self.waiting.remove(at)?;
            self.bytes -= message.bytes;
            return Some(message.parts.into_iter().flatten().flatten().collect());
        }
        while self.bytes > INCOMPLETE_BYTES_MAX {
            self.give_up_first();
        }
        None
    }

    /// How many messages were given up since this was asked last.
    pub fn lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    fn place(&mut self, id: [u8; 8], sender: &str, count: u8, now: Timestamp) -> Option<usize> {
        if let Some(at) = self.waiting.iter().position(|message| message.id == id && message.sender == sender) {
            return Some(at);
        }
        if self.waiting.len() >= INCOMPLETE_MAX {
            self.give_up_first();
        }
        let parts = vec![None; usize::from(count)];
        self.waiting.push_back(Message { id, sender: sender.to_owned(), since: now, parts, bytes: 0 });
        self.waiting.len().checked_sub(1)
    }

    fn give_up_late(&mut self, now: Timestamp) {
        while self.waiting.front().is_some_and(|message| now.since(message.since) > WAIT_US) {
            self.give_up_first();
        }
    }

    fn give_up_first(&mut self) {
        if let Some(message) = self.waiting.pop_front() {
            self.bytes -= message.bytes;
            self.lost += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_249_800);

    fn part(id: u8, number: u8, count: u8, bytes: &[u8]) -> Vec<u8> {
        [&MAGIC[..], &[id; 8], &[number, count], bytes].concat()
    }

    #[test]
    fn a_message_in_parts_comes_together_in_any_order() {
        let mut chunks = Chunks::default();
        assert_eq!(chunks.take(b"{\"whole\":1}", "a", NOW).unwrap(), b"{\"whole\":1}");
        assert_eq!(chunks.take(&part(1, 1, 3, b"b"), "a", NOW), None);
        assert_eq!(chunks.take(&part(1, 0, 3, b"x"), "another", NOW), None);
        assert_eq!(chunks.take(&part(1, 2, 3, b"c"), "a", NOW), None);
        assert_eq!(chunks.take(&part(1, 0, 3, b"a"), "a", NOW).unwrap(), b"abc");
        assert_eq!((chunks.lost(), chunks.bytes), (0, 1));
    }

    #[test]
    fn what_stays_incomplete_is_given_up_and_counted() {
        let mut chunks = Chunks::default();
        for (id, number, count) in [(1, 0, 2), (2, 5, 5), (3, 0, 200)] {
            assert_eq!(chunks.take(&part(id, number, count, b"x"), "a", NOW), None);
        }
        assert_eq!(chunks.lost(), 2, "numbers that cannot be");
        assert_eq!(chunks.take(&part(4, 0, 2, b"x"), "a", NOW.plus_seconds(6)), None);
        assert_eq!((chunks.lost(), chunks.waiting.len()), (1, 1));
        for id in 0..=255 {
            chunks.take(&part(id, 0, 2, &[0; 8000]), "b", NOW.plus_seconds(6));
        }
        assert!(chunks.waiting.len() <= INCOMPLETE_MAX && chunks.bytes <= INCOMPLETE_BYTES_MAX);
        assert_eq!(chunks.take(&part(9, 0, 2, b""), "a", NOW), None);
        assert_eq!(chunks.take(&MAGIC, "a", NOW), None);
    }

    #[test]
    fn messages_one_after_another() {
        let mut seen = Vec::new();
        decode(b"{\"short_message\":\"a\"}\n{\"short_message\":\"b\"}{", &mut |record| {
            seen.push((record.raw.to_vec(), record.problem));
        });
        assert_eq!(seen.len(), 3);
        assert_eq!(seen[2], (b"{".to_vec(), Some("not JSON")));
    }
}
