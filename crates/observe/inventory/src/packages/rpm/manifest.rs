//! The list of packages in images of CBL-Mariner and Azure Linux that have no rpm.
//!
//! `/var/lib/rpmmanifest/container-manifest-2` has a line for each package, of columns between tabs: name,
//! version with release, times of installation and build, vendor, epoch, size, architecture, epoch as a number, name of
//! the source package's file.

use super::{PACKAGES_MAX, RawPackage};
use crate::content::{Content, Meta, Setting};
use crate::packages::{Found, Reader};
use vigie_model::component::Component;
use vigie_model::observed::{Gap, Obstacle};

/// The largest list that is read.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The list.
pub(crate) static READER: Reader = Reader {
    name: "rpm manifest",
    wants: |meta, setting| setting == Setting::Installed && meta.path == "var/lib/rpmmanifest/container-manifest-2",
    looks_right: |_| true,
    bytes_max: BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let mut found = Found::default();
    let lines = content.bytes.split(|byte| *byte == b'\n').enumerate();
    for (number, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let place = || format!("{}, line {}", meta.path, number + 1);
        if found.components.len() == PACKAGES_MAX {
            found.gaps.push(Gap::new(place(), Obstacle::BeyondLimit, format!("more than {PACKAGES_MAX} packages")));
            break;
        }
        match raw_package(line).ok_or("not a package").and_then(RawPackage::package) {
            Ok(package) if package.name == "gpg-pubkey" => {}
            Ok(package) => found.components.push(Component::new(package, meta.path)),
            Err(broken) => found.gaps.push(Gap::new(place(), Obstacle::Unreadable, broken)),
        }
    }
    found
}

fn raw_package(line: &[u8]) -> Option<RawPackage> {
    let line = std::str::from_utf8(line).ok()?.trim_end_matches('\r');
    let columns: Vec<&str> = line.split('\t').collect();
    let column = |index: usize| columns.get(index).copied().filter(|text| !text.is_empty() && *text != "(none)");
    if columns.len() < 8 || columns.iter().any(|text| text.chars().any(char::is_control)) {
        return None;
    }
    Some(RawPackage {
        name: column(0)?.to_owned(),
        version: column(1)?.to_owned(),
        epoch: column(5).or(column(8)).map_or(Some(0), |epoch| epoch.parse().ok())?,
        architecture: column(7).map(str::to_owned),
        source: column(9).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATH: Meta<'_> = Meta { path: "var/lib/rpmmanifest/container-manifest-2", size: 0, mode: 0o644 };

    #[test]
    fn reads_the_columns() {
        let text = "openssl-libs\t1.1.1k-30.cm2\t1700000000\t1690000000\tVendor\t(none)\t100\tx86_64\t0\topenssl-1.1.1k-30.cm2.src.rpm\n\
                    shadow\t4.9-1\t1\t1\tVendor\t2\t1\tx86_64\t2\tshadow-4.9-1.src.rpm\n\nnot a package\n";
        let found = read(&PATH, &Content::of(text.as_bytes()));
        let said: Vec<_> = found.components.iter().map(|it| (it.package.advisory_name(), it.package.version.as_str())).collect();
        assert_eq!(said, [("openssl", "1.1.1k-30.cm2"), ("shadow", "2:4.9-1")]);
        assert_eq!(found.gaps.len(), 1);
        assert!((READER.wants)(&PATH, Setting::Installed));
    }

    proptest! {
        #[test]
        fn survives_any_lines(bytes: Vec<u8>, lines in "([a-z(]{0,6}\t){0,12}[ -~\n]{0,9}") {
            drop(read(&PATH, &Content::of(&bytes)));
            drop(read(&PATH, &Content::of(lines.as_bytes())));
        }
    }
}
