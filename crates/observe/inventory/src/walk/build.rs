//! Writes tar archives for tests: only what tests need, every field as they want it.

use super::tar::BLOCK;

/// An archive being written.
#[derive(Default)]
pub(crate) struct Builder {
    bytes: Vec<u8>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.entry(b'0', path, "", 0o644, content.as_ref())
    }

    pub(crate) fn program(self, path: &str, mode: u32, content: impl AsRef<[u8]>) -> Self {
        self.entry(b'0', path, "", mode, content.as_ref())
    }

    pub(crate) fn directory(self, path: &str) -> Self {
        self.entry(b'5', &format!("{path}/"), "", 0o755, b"")
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(b'2', path, target, 0o777, b"")
    }

    pub(crate) fn hardlink(self, path: &str, target: &str) -> Self {
        self.entry(b'1', path, target, 0o644, b"")
    }

    /// Marks a name as deleted.
    pub(crate) fn gone(self, path: &str) -> Self {
        let (folder, name) = path.rsplit_once('/').map_or((String::new(), path), |(folder, name)| (format!("{folder}/"), name));
        self.file(&format!("{folder}.wh.{name}"), "")
    }

    /// Marks a directory as new: nothing of what lies below shows through.
    pub(crate) fn opaque(self, path: &str) -> Self {
        self.file(&format!("{path}/.wh..wh..opq"), "")
    }

    /// Any entry; a name that does not fit goes into an extended header.
    pub(crate) fn entry(mut self, flag: u8, path: &str, link: &str, mode: u32, content: &[u8]) -> Self {
        let mut records = Vec::new();
        if path.len() > 100 {
            records.extend(record("path", path));
        }
        if link.len() > 100 {
            records.extend(record("linkpath", link));
        }
        if !records.is_empty() {
            self = self.raw(b'x', "pax", "", 0o644, &records);
        }
        self.raw(flag, path, link, mode, content)
    }

    /// One header with its content, names cut to fit.
    pub(crate) fn raw(self, flag: u8, path: &str, link: &str, mode: u32, content: &[u8]) -> Self {
        self.announced(flag, path, link, mode, content.len() as u64, content)
    }

    /// One header that announces another size than follows.
    pub(crate) fn announced(mut self, flag: u8, path: &str, link: &str, mode: u32, size: u64, content: &[u8]) -> Self {
        let mut header = [0_u8; BLOCK];
        put(&mut header[..100], path.as_bytes());
        put(&mut header[100..108], format!("{mode:07o}").as_bytes());
        put(&mut header[108..116], b"0000000");
        put(&mut header[116..124], b"0000000");
        put(&mut header[124..136], format!("{size:011o}").as_bytes());
        put(&mut header[136..148], b"00000000000");
        header[156] = flag;
        put(&mut header[157..257], link.as_bytes());
        put(&mut header[257..265], b"ustar\x0000");
        seal(&mut header);
        self.bytes.extend(header);
        self.bytes.extend(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// The archive, without its two last blocks.
    pub(crate) fn cut(self) -> Vec<u8> {
        self.bytes
    }

    /// The archive.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 2 * BLOCK, 0);
        self.bytes
    }
}

/// Writes the checksum of a header.
pub(crate) fn seal(header: &mut [u8; BLOCK]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut header[148..156], format!("{sum:06o}\0").as_bytes());
}

/// A record of a pax header.
pub(crate) fn record(key: &str, value: &str) -> Vec<u8> {
    let body = format!(" {key}={value}\n");
    let length = (body.len()..).find(|length| length.to_string().len() + body.len() == *length).unwrap();
    format!("{length}{body}").into_bytes()
}

fn put(field: &mut [u8], bytes: &[u8]) {
    let count = bytes.len().min(field.len());
    field[..count].copy_from_slice(&bytes[..count]);
}

/// Compressed as layers mostly are.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
