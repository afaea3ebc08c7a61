//! Text read as a file of it would be: for whoever wants to know what becomes of some lines.

use crate::dialect::Dialect;
use crate::format::FORMATS;
use crate::frame::Framer;
use crate::mapping::Mappings;
use crate::reader::Reader;
use jiff::tz::TimeZone;
use std::path::Path;
use std::sync::Arc;
use vigie_model::event::Event;
use vigie_model::time::Timestamp;

/// Bytes given to the framer at once.
const CHUNK: usize = 64 * 1024;

/// The formats that parsers of ours know; those of pages are [`Mappings::formats`].
#[must_use]
pub const fn parsers() -> &'static [&'static str] {
    FORMATS
}

/// Gives each event of a text that stands at a path, which says how the file is written.
pub fn events(path: &Path, text: &[u8], pages: Arc<Mappings>, received: Timestamp, each: &mut dyn FnMut(Event)) {
    let dialect = Dialect::of(path);
    let mut reader = Reader::new(Arc::from("trial"), dialect, TimeZone::system(), Arc::from("")).with_pages(pages);
    let mut framer = Framer::new(dialect.framing(), false);
    for chunk in text.chunks(CHUNK) {
        framer.push(chunk);
        while let Some(piece) = framer.next_piece() {
            reader.records(piece, received, each);
        }
    }
    if let Some(piece) = framer.finish() {
        reader.records(piece, received, each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_to_its_last_line() {
        let text = b"Nov 21 08:30:00 web-1 sshd[842]: Invalid user x from 192.0.2.7 port 1\nwhatever\n  and more";
        let mut formats = Vec::new();
        events(Path::new("-"), text, Mappings::shipped(), Timestamp::EPOCH, &mut |event| {
            formats.push((event.origin.format.to_string(), event.raw.len()));
        });
        assert_eq!(formats, [("sshd".to_owned(), 69), (String::new(), 19)]);
    }
}
