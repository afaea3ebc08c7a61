//! Updates that apt's package lists offer.
//!
//! Reads what `apt update` left in `/var/lib/apt/lists`: `…_Packages` (deb822(5)) and the `…_InRelease` or `…_Release`
//! beside it. The candidate is chosen as apt_preferences(5) says when nobody wrote preferences: a source that is
//! not automatic (backports) counts 100 or 1 instead of 500, no version is older than the installed one, of
//! equal priority the highest version wins. Deliberately not read: preferences, pins, holds and phased
//! updates; an update that is pinned away or held back is still one that the sources offer.
//!
//! A list of 60,000 packages is read as a stream in memory of a few pieces, and only paragraphs of installed
//! packages are looked into.

use crate::packages::control::{Paragraph, Paragraphs};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::io::{self, Read};
use vigie_model::host::PendingUpdate;
use vigie_model::package::Package;
use vigie_model::version::dpkg;

/// The largest release file that is read.
pub const RELEASE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most bytes of one list after unpacking. Debian's main has 50 MB.
pub const LIST_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// The longest paragraph.
const PARAGRAPH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How much of a list is in memory at once.
const PIECE_BYTES: usize = 256 * 1024;

/// What a release file says of the lists it covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Whether its packages are security updates.
    pub security: bool,
    /// apt's priority of its packages.
    pub priority: i16,
}

/// Why a list was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It could not be read or unpacked.
    #[error("the list cannot be read or unpacked")]
    Read(#[from] io::Error),
    /// It is larger than any list should be.
    #[error("the list is larger than {LIST_BYTES_MAX} bytes or has a paragraph above {PARAGRAPH_BYTES_MAX}")]
    TooLarge,
}

/// Reads the fields at the head of a release file, signed or not. `host` is the host of the archive, if known.
#[must_use]
pub fn parse_release(bytes: &[u8], host: &str) -> Release {
    let yes =
        |paragraph: &Paragraph<'_>, field| paragraph.bytes_of(field).is_some_and(|value| value.eq_ignore_ascii_case(b"yes"));
    // A signed file opens with a paragraph about the signature.
    let head = Paragraphs::new(bytes).find(|paragraph| {
        ["Origin", "Label", "Suite", "Codename", "Date", "SHA256"].iter().any(|field| paragraph.bytes_of(field).is_some())
    });
    let names = ["Label", "Suite", "Codename", "Origin"].map(|field| {
        head.as_ref().and_then(|paragraph| paragraph.text_of(field)).map_or_else(String::new, |text| text.to_ascii_lowercase())
    });
    // Ubuntu's extended maintenance has the origins UbuntuESM and UbuntuESMApps.
    let security = names.iter().any(|name| name.contains("security") || name.starts_with("ubuntuesm"));
    let priority = match head {
        Some(head) if yes(&head, "NotAutomatic") => {
            if yes(&head, "ButAutomaticUpgrades") {
                100
            } else {
                1
            }
        }
        _ => 500,
    };
    Release { security: security || host.starts_with("security."), priority }
}

/// What the lists read so far offer for the installed packages.
#[derive(Debug)]
pub struct Offers<'a> {
    installed: Vec<Offer<'a>>,
    /// Places in `installed` by package name: one for each architecture.
    by_name: HashMap<&'a [u8], Vec<usize>>,
}

#[derive(Debug)]
struct Offer<'a> {
    package: &'a Package,
    /// The priority of the installed version: 100 from dpkg's own list, more where a source still has it.
    installed_priority: i16,
    best: Option<(i16, String)>,
    security: bool,
}

impl<'a> Offers<'a> {
    /// Nothing offered yet for these packages.
    #[must_use]
    pub fn new(installed: &'a [Package]) -> Self {
        let mut by_name: HashMap<&[u8], Vec<usize>> = HashMap::with_capacity(installed.len());
        for (index, package) in installed.iter().enumerate() {
            by_name.entry(package.name.as_bytes()).or_default().push(index);
        }
        let offer = |package| Offer { package, installed_priority: 100, best: None, security: false };
        Self { installed: installed.iter().map(offer).collect(), by_name }
    }

    /// Reads one unpacked list.
    ///
    /// # Errors
    /// See [`ListError`]; what came before the error counts.
    pub fn read(&mut self, list: impl Read, release: &Release) -> Result<(), ListError> {
        let mut list = list.take(LIST_BYTES_MAX + 1);
        let mut piece = Vec::with_capacity(2 * PIECE_BYTES);
        let mut total = 0;
        loop {
            let count = list.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
            total += count as u64;
            let is_last = count == 0;
            let whole = if is_last { piece.len() } else { end_of_last_paragraph(&piece) };
            paragraphs(&piece[..whole], |paragraph| self.take(paragraph, release));
            piece.drain(..whole);
            if total > LIST_BYTES_MAX || piece.len() > PARAGRAPH_BYTES_MAX {
                return Err(ListError::TooLarge);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Looks at one paragraph of a list.
    fn take(&mut self, bytes: &[u8], release: &Release) {
        // The name comes first in every list but those of home-made archives, so most paragraphs end here.
        let first = bytes.strip_prefix(b"Package: ").and_then(|rest| rest.split(|byte| *byte == b'\n').next());
        let Some(name) = first.or_else(|| Paragraph::new(bytes).bytes_of("Package")) else { return };
        let Some(places) = self.by_name.get(name.trim_ascii()) else { return };
        let paragraph = Paragraph::new(bytes);
        let Some(version) = paragraph.text_of("Version") else { return };
        let architecture = paragraph.text_of("Architecture");
        for place in places {
            let Some(offer) = self.installed.get_mut(*place) else { continue };
            let installed_for = offer.package.architecture.as_deref();
            if [Some("all"), installed_for].contains(&architecture.as_deref()) || installed_for == Some("all") {
                offer.take(&version, release);
            }
        }
    }

    /// The updates, in the order of the installed packages.
    #[must_use]
    pub fn pending(self) -> Vec<PendingUpdate> {
        let pending = self.installed.into_iter().filter_map(|offer| {
            let (priority, candidate) = offer.best?;
            (priority >= offer.installed_priority).then(|| PendingUpdate {
                package: offer.package.name.clone(),
                installed: offer.package.version.clone(),
                candidate,
                security: offer.security,
            })
        });
        pending.collect()
    }
}

impl Offer<'_> {
    fn take(&mut self, version: &str, release: &Release) {
        match dpkg::compare(version, &self.package.version) {
            Ordering::Less => {}
            Ordering::Equal => self.installed_priority = self.installed_priority.max(release.priority),
            Ordering::Greater => {
                // Any newer version in a security archive makes the update one, even when a later
                // point release offers a still newer version elsewhere.
                self.security |= release.security;
                let better = self.best.as_ref().is_none_or(|(priority, best)| {
                    release.priority.cmp(priority).then_with(|| dpkg::compare(version, best)).is_gt()
                });
                if better {
                    self.best = Some((release.priority, version.to_owned()));
                }
            }
        }
    }
}

/// The position after the last empty line.
fn end_of_last_paragraph(bytes: &[u8]) -> usize {
    bytes.windows(2).rposition(|pair| pair == b"\n\n").map_or(0, |place| place + 2)
}

/// Calls for each run of bytes between empty lines.
fn paragraphs(bytes: &[u8], mut each: impl FnMut(&[u8])) {
    let mut start = 0;
    let mut line_end = false;
    for (place, byte) in bytes.iter().enumerate() {
        let ends = *byte == b'\n';
        if ends && line_end {
            each(&bytes[start..place]);
            start = place + 1;
        }
        line_end = ends;
    }
    each(&bytes[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEBIAN: &str = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nLabel: Debian\nSuite: oldstable\n";

    fn release(text: &str) -> Release {
        parse_release(text.as_bytes(), "deb.debian.org")
    }

    fn package(name: &str, version: &str, architecture: &str) -> Package {
        let ecosystem = "Debian:12".to_owned();
        Package { ecosystem, name: name.into(), version: version.into(), architecture: Some(architecture.into()), source: None }
    }

    /// Lists are `release text` and `name version architecture` lines.
    fn check(installed: &[&str], lists: &[(&str, &str)], expected: &[&str]) {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let installed: Vec<Package> = installed.iter().map(|line| words(line)).map(|w| package(&w[0], &w[1], &w[2])).collect();
        let mut offers = Offers::new(&installed);
        for (text, lines) in lists {
            let paragraphs = lines.split(", ").map(words);
            let list: String = paragraphs
                .map(|w| format!("Package: {}\nArchitecture: {}\nVersion: {}\nDescription: x\n\n", w[0], w[2], w[1]))
                .collect();
            offers.read(list.as_bytes(), &release(text)).unwrap();
        }
        let said = offers.pending().into_iter();
        let said: Vec<String> = said
            .map(|u| format!("{} {} -> {}{}", u.package, u.installed, u.candidate, if u.security { " security" } else { "" }))
            .collect();
        assert_eq!(said, expected);
    }

    const SECURITY: &str = "Origin: Debian\nLabel: Debian-Security\n";
    const BACKPORTS: &str = "Origin: Debian Backports\nNotAutomatic: yes\nButAutomaticUpgrades: yes\n";
    const EXPERIMENTAL: &str = "Suite: experimental\nNotAutomatic: yes\n";

    #[test]
    fn the_highest_version_is_offered() {
        check(
            &["a 1.0-1 amd64", "b 2 amd64", "c 1 all"],
            &[(DEBIAN, "a 1.0-1 amd64, b 2 amd64, c 1 all, z 9 amd64"), (DEBIAN, "a 1.0-3 amd64, a 1.0-2 amd64, c 1~beta all")],
            &["a 1.0-1 -> 1.0-3"],
        );
    }

    #[test]
    fn a_newer_version_in_a_security_archive_is_a_security_update() {
        check(
            &["a 1 amd64", "b 3 amd64", "c 1 amd64"],
            &[(DEBIAN, "a 4 amd64, c 2 amd64"), (SECURITY, "a 3 amd64, b 2 amd64")],
            &["a 1 -> 4 security", "c 1 -> 2"],
        );
    }

    #[test]
    fn backports_only_update_themselves() {
        check(&["a 1 amd64"], &[(DEBIAN, "a 1 amd64"), (BACKPORTS, "a 2~bpo12 amd64")], &[]);
        check(&["a 2~bpo12+1 amd64"], &[(DEBIAN, "a 1 amd64"), (BACKPORTS, "a 2~bpo12+2 amd64")], &["a 2~bpo12+1 -> 2~bpo12+2"]);
        check(&["a 1 amd64"], &[(BACKPORTS, "a 3 amd64"), (DEBIAN, "a 2 amd64")], &["a 1 -> 2"]);
        check(&["a 1 amd64"], &[(EXPERIMENTAL, "a 3 amd64")], &[]);
    }

    #[test]
    fn each_architecture_has_its_own_updates() {
        check(&["a 1 amd64", "a 1 i386"], &[(DEBIAN, "a 2 i386, a 1 amd64")], &["a 1 -> 2"]);
        check(&["a 1 all", "b 1 amd64"], &[(DEBIAN, "a 2 amd64, b 2 all")], &["a 1 -> 2", "b 1 -> 2"]);
    }

    #[test]
    fn release_files_tell_their_sort() {
        assert_eq!(release(DEBIAN), Release { security: false, priority: 500 });
        assert_eq!(release("Suite: jammy-security\n"), Release { security: true, priority: 500 });
        assert!(release("Origin: UbuntuESMApps\n").security);
        assert!(parse_release(b"", "security.example.org").security);
        assert_eq!(release(EXPERIMENTAL).priority, 1);
    }

    #[test]
    fn long_lists_are_read_in_pieces() {
        let list: String =
            (0..20_000).map(|n| format!("Package: p{n}\nVersion: 2\nArchitecture: all\nDescription: {n}\n\n")).collect();
        let installed: Vec<Package> = (0..20_000).step_by(100).map(|n| package(&format!("p{n}"), "1", "all")).collect();
        let mut offers = Offers::new(&installed);
        offers.read(list.trim_end().as_bytes(), &release(DEBIAN)).unwrap();
        assert_eq!(offers.pending().len(), installed.len());
    }

    #[test]
    fn a_list_without_end_is_given_up() {
        let installed = [];
        let endless = io::repeat(b'x');
        assert!(matches!(Offers::new(&installed).read(endless, &release(DEBIAN)), Err(ListError::TooLarge)));
    }

    proptest! {
        #[test]
        fn survives_any_list(bytes: Vec<u8>, lines in "((Package|Version): ?[ab0-9:~-]{0,5}\n{1,2}){0,20}") {
            let installed = [package("a", "1", "amd64")];
            let mut offers = Offers::new(&installed);
            offers.read(&bytes[..], &parse_release(&bytes, "")).unwrap();
            offers.read(lines.as_bytes(), &Release::default()).unwrap();
            drop(offers.pending());
        }
    }
}
