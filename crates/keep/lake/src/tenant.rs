//! Tenants: whose events lie in which directory.
//!
//! Every event is of a tenant; those that nobody gave one are of [`DEFAULT`]. A file holds the events of
//! one tenant and says so in its footer, its catalogue row and the name of its directory. The name of the
//! directory is a safe form of the tenant's: letters in lower case, digits, `-`, `_` and `.` stand for
//! themselves, everything else is `%XX` by byte, which engines that know Hive's partitions undo. Capitals
//! too, since some file systems do not tell them apart.

use crate::catalogue::hex;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use vigie_model::event::{DEFAULT_TENANT, Label};

/// The tenant of events that nobody gave one.
pub(crate) const DEFAULT: &str = DEFAULT_TENANT;

/// Bytes of a directory's name; file systems take 255, the `tenant=` among them.
const NAME_MAX: usize = 200;

/// The tenant behind a label; nothing for the one that has no label.
pub(crate) fn label(tenant: &str) -> Option<(Label, &str)> {
    (tenant != DEFAULT).then_some((Label::Tenant, tenant))
}

/// The name of a tenant's directory, as it stands behind `tenant=`. A long one ends with a hash.
pub(crate) fn directory(tenant: &str) -> String {
    let mut name = String::with_capacity(tenant.len());
    for byte in tenant.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => name.push(char::from(byte)),
            // Writing to a text does not fail.
            _ => write!(name, "%{byte:02X}").unwrap_or_default(),
        }
    }
    if name.len() > NAME_MAX {
        let hash = hex(&Sha256::digest(tenant));
        // All of it is ASCII, so any place is one between letters.
        name.truncate(NAME_MAX - 33);
        let whole = name.rfind('%').filter(|place| name.len() - place < 3).unwrap_or(name.len());
        name.truncate(whole);
        name.push('~');
        name.push_str(hash.get(..32).unwrap_or(&hash));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_safe_and_read_as_what_they_are() {
        for (tenant, name) in [
            ("default", "default"),
            ("acme-eu_1.prod", "acme-eu_1.prod"),
            ("Acme", "%41cme"),
            ("a/b", "a%2Fb"),
            ("..", ".."),
            ("a=b %", "a%3Db%20%25"),
            ("Grüße", "%47r%C3%BC%C3%9Fe"),
        ] {
            assert_eq!(directory(tenant), name);
        }
        let long = directory(&"Ü".repeat(120));
        assert!(long.len() <= NAME_MAX && long.starts_with("%C3%9C%C3"), "{long}");
        assert_ne!(long, directory(&"Ü".repeat(121)));
    }

    proptest! {
        #[test]
        fn no_two_tenants_share_a_directory(one in "\\PC{1,90}", other in "\\PC{1,90}") {
            let (a, b) = (directory(&one), directory(&other));
            prop_assert!(a.len() <= NAME_MAX && !a.contains('/'));
            prop_assert_eq!(a == b, one == other);
            prop_assert_eq!(a.to_lowercase() == b.to_lowercase(), one == other);
        }
    }
}
