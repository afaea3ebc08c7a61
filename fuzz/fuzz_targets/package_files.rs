//! Any file that tells of packages, read by whoever wants it by its path: that of every format.
#![cfg_attr(not(test), no_main)]

use vigie_fuzz::{parts, text};
use vigie_inventory::content::{Content, Meta, Setting};
use vigie_inventory::packages::{HEAD_BYTES, reader_of};

vigie_fuzz::target!(|bytes: &[u8]| {
    let [path, content] = parts(bytes);
    let meta = Meta { path: text(path), size: content.len() as u64, mode: 0o755 };
    for setting in [Setting::Installed, Setting::Source] {
        let Some(reader) = reader_of(&meta, setting) else { continue };
        if (reader.looks_right)(&content[..content.len().min(HEAD_BYTES)]) {
            let found = (reader.read)(&meta, &Content::of(content));
            assert!(found.components.iter().all(|component| !component.package.name.is_empty()), "{}", reader.name);
        }
    }
});
