//! `DESCRIPTION` of an installed R package; `Built` tells an installed one from sources.
//!
//! Packages of priority `base` are parts of R itself and have its version.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::control::Paragraph;
use crate::packages::list::{List, add_licence};
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};

pub(crate) static READER: Reader = Reader {
    name: "R package",
    wants: |meta, setting| setting == Setting::Installed && meta.name() == "DESCRIPTION",
    looks_right: |head| head.starts_with(b"Package:") || head.windows(9).any(|window| window == b"\nPackage:"),
    bytes_max: 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let paragraph = Paragraph::new(text.as_bytes());
    let word = |field| paragraph.text_of(field).unwrap_or_default();
    let mut list = List::new(meta, ECOSYSTEM);
    if !word("Built").is_empty()
        && word("Priority") != "base"
        && let Some(component) = list.add(&word("Package"), &word("Version"))
    {
        add_licence(component, &word("License"));
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_installed_packages() {
        let path = "usr/lib/R/site-library/a/DESCRIPTION";
        check(&READER, path, "Package: a\nVersion: 1.0-1\nLicense: GPL-3\nBuilt: R 4.2.3; ; 2026; unix\n", &["a 1.0-1 [GPL-3]"]);
        check(&READER, path, "Package: a\nVersion: 1.0\n", &[]);
        check(&READER, path, "Package: stats\nVersion: 4.2\nPriority: base\nBuilt: R 4.2\n", &[]);
    }
}
