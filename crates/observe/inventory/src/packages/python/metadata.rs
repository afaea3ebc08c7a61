//! What an installed Python project says of itself: `*.dist-info/METADATA`, `*.egg-info` and `PKG-INFO`.
//!
//! Format: core metadata (<https://packaging.python.org/en/latest/specifications/core-metadata/>), headers as in
//! a letter. A licence is, in this order, `License-Expression`, the classifiers, a short `License`.

use super::{ECOSYSTEM, normalised};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, add_licence};
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};

pub(crate) static READER: Reader = Reader {
    name: "Python metadata",
    wants: |meta, setting| setting == Setting::Installed && is_metadata(meta.path),
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read,
};

fn is_metadata(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "METADATA" => folder.ends_with(".dist-info"),
        "PKG-INFO" => folder.ends_with(".egg-info") || folder.ends_with("EGG-INFO"),
        _ => name.ends_with(".egg-info"),
    }
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let mut list = List::new(meta, ECOSYSTEM);
    add(&mut list, content.bytes);
    list.done()
}

/// Adds what one metadata file says.
pub(super) fn add(list: &mut List<'_>, bytes: &[u8]) {
    let text = text::decoded(bytes);
    let headers = || text.lines().take_while(|line| !line.trim().is_empty()).filter_map(|line| line.split_once(':'));
    let all =
        |name: &'static str| headers().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    let first = |name| all(name).next().unwrap_or_default();
    let Some(component) = list.add(&normalised(first("Name")), first("Version")) else { return };
    add_licence(component, first("License-Expression"));
    if component.licences.is_empty() {
        let classifiers = all("Classifier").filter_map(|value| value.strip_prefix("License ::"));
        let names = classifiers.filter_map(|value| value.rsplit("::").next());
        names.filter(|name| name.trim() != "OSI Approved").for_each(|name| add_licence(component, name));
    }
    if component.licences.is_empty() && first("License") != "UNKNOWN" {
        add_licence(component, first("License"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_headers_only() {
        let path = "usr/lib/python3/site-packages/a.dist-info/METADATA";
        let text = "Metadata-Version: 2.4\nName: Zope.Interface\nVersion: 5.4.0\nLicense-Expression: ZPL-2.1\n\nVersion: 9\n";
        check(&READER, path, text, &["zope-interface 5.4.0 [ZPL-2.1]"]);
        let text = "Name: a\nVersion: 1\nLicense: long\nClassifier: License :: OSI Approved\n\
                    Classifier: License :: OSI Approved :: MIT License\nClassifier: Topic :: X\n";
        check(&READER, path, text, &["a 1 [MIT License]"]);
        check(&READER, path, "Name: a\nVersion: 1\nLicense: BSD\n", &["a 1 [BSD]"]);
        check(&READER, path, "Name: a\nVersion: 1\nLicense: UNKNOWN\n", &["a 1"]);
        check(&READER, path, "\nName: a\n", &["! entries that make no sense: "]);
    }

    #[test]
    fn knows_where_it_stands() {
        for path in ["a/b.dist-info/METADATA", "a/b.egg-info/PKG-INFO", "a/b.egg/EGG-INFO/PKG-INFO", "a/b.egg-info"] {
            assert!(is_metadata(path), "{path}");
        }
        assert!(!is_metadata("METADATA") && !is_metadata("a/PKG-INFO"));
    }
}
