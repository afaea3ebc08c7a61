//! `*.egg`: a Python project installed as one zip file, with its metadata in `EGG-INFO/PKG-INFO`.

use super::{ECOSYSTEM, metadata};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::{Found, Reader};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The largest metadata that is unpacked.
const METADATA_BYTES_MAX: u64 = 4 * 1024 * 1024;

pub(crate) static READER: Reader = Reader {
    name: "Python egg",
    wants: |meta, setting| setting == Setting::Installed && meta.name().ends_with(".egg"),
    looks_right: |head| head.starts_with(b"PK"),
    bytes_max: 256 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let mut list = List::new(meta, ECOSYSTEM);
    match unpacked(content.bytes) {
        Ok(bytes) => metadata::add(&mut list, &bytes),
        Err(error) => return unreadable(meta, error),
    }
    list.done()
}

fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let file = archive.by_name("EGG-INFO/PKG-INFO").map_err(|error| error.to_string())?;
    let mut metadata = Vec::new();
    file.take(METADATA_BYTES_MAX).read_to_end(&mut metadata).map_err(|error| error.to_string())?;
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::{read, told, zipped};

    #[test]
    fn reads_the_metadata_inside() {
        let egg = zipped(&[("EGG-INFO/PKG-INFO", b"Name: A\nVersion: 1\nLicense: MIT\n"), ("a.py", b"")]);
        assert_eq!(told(&read(&READER, "lib/A-1.egg", &egg)), ["a 1 [MIT]"]);
        assert_eq!(told(&read(&READER, "lib/A-1.egg", &zipped(&[("a.py", b"")]))).len(), 1);
        assert_eq!(read(&READER, "lib/A-1.egg", &egg[..egg.len() / 2]).gaps.len(), 1);
    }
}
