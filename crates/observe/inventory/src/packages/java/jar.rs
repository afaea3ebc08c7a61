//! JAR, WAR, EAR and PAR files, and such files in them.
//!
//! An archive names itself, and everything merged into it, in `META-INF/maven/*/*/pom.properties`. Without such a
//! file for itself its manifest and its name tell. Archives inside are unpacked into memory, as deep as
//! [`DEPTH_MAX`] and all together no more than [`BYTES_MAX`]: an archive that contains itself ends there.

use super::ECOSYSTEM;
use super::manifest::{Identity, attributes, identity, split_file_name};
use crate::content::{Content, Meta};
use crate::packages::list::{List, add_licence, unreadable};
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};
use std::borrow::Cow;
use std::io::{Cursor, Read};
use vigie_model::observed::Obstacle;
use zip::ZipArchive;

/// How deep archives may lie in each other.
const DEPTH_MAX: usize = 4;
/// How many bytes may be unpacked for one file.
const BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// The largest archive inside another.
const INNER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The largest properties file or manifest.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;
/// The most entries of one archive that are looked at.
const ENTRIES_MAX: usize = 500_000;

pub(crate) static READER: Reader = Reader {
    name: "Java archive",
    wants: |meta, _| is_archive(meta.name()),
    looks_right: |head| head.starts_with(b"PK"),
    bytes_max: 2 * 1024 * 1024 * 1024,
    read,
};

fn is_archive(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["jar", "war", "ear", "par"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let mut search = Search { list: List::new(meta, ECOSYSTEM), left: BYTES_MAX, told: false };
    match search.archive(content.bytes, meta.path, 0) {
        Ok(()) => search.list.done(),
        Err(error) => unreadable(meta, error),
    }
}

struct Search<'a> {
    list: List<'a>,
    /// Bytes that may still be unpacked.
    left: u64,
    /// Whether a limit was told already.
    told: bool,
}

impl Search<'_> {
    /// One archive; an error when it is none at all.
    fn archive(&mut self, bytes: &[u8], path: &str, depth: usize) -> Result<(), String> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let (mut said, mut manifest) = (Vec::new(), None);
        for index in 0..archive.len().min(ENTRIES_MAX) {
            let Some(Ok(entry)) = archive.name_for_index(index).map(|name| name.map(Cow::into_owned)) else { continue };
            let wanted = Wanted::of(&entry);
            let max = match wanted {
                Wanted::Nothing => continue,
                Wanted::Archive => INNER_BYTES_MAX,
                Wanted::Properties | Wanted::Manifest => TEXT_BYTES_MAX,
            };
            if wanted == Wanted::Archive && depth == DEPTH_MAX {
                self.beyond_limit(&format!("archives nested deeper than {DEPTH_MAX}"));
                continue;
            }
            let Some(inner) = self.unpacked(&mut archive, index, max) else { continue };
            match wanted {
                Wanted::Properties => said.extend(properties(&text::decoded(&inner))),
                Wanted::Manifest => manifest = Some(attributes(&text::decoded(&inner))),
                Wanted::Archive => {
                    let place = format!("{path}!/{entry}");
                    if let Err(error) = self.archive(&inner, &place, depth + 1) {
                        self.list.gap(Obstacle::Unreadable, format!("{entry}: {error}"));
                    }
                }
                Wanted::Nothing => {}
            }
        }
        if archive.len() > ENTRIES_MAX {
            self.beyond_limit(&format!("more than {ENTRIES_MAX} entries"));
        }
        let manifest = manifest.unwrap_or_default();
        // Properties for the archive itself are better than what its manifest says.
        let (artifact, version) = split_file_name(name);
        let names_itself =
            said.iter().any(|one: &Identity| one.artifact == artifact && (version.is_empty() || one.version == version));
        let own = if names_itself || said.len() == 1 { None } else { identity(name, &manifest) };
        let licence = manifest.get("bundle-license").filter(|licence| !licence.contains(['/', ',', ';']));
        for one in said.iter().chain(&own) {
            if let Some(component) = self.list.add(&one.name(), &one.version) {
                component.path = path.to_owned();
                if one.artifact == artifact {
                    add_licence(component, licence.map_or("", String::as_str));
                }
            }
        }
        Ok(())
    }

    /// An entry's bytes; none when it is larger than it may be, or broken.
    fn unpacked(&mut self, archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, max: u64) -> Option<Vec<u8>> {
        let max = max.min(self.left);
        let mut bytes = Vec::new();
        let file = archive.by_index(index).map_err(|error| self.list.gap(Obstacle::Unreadable, error.to_string())).ok()?;
        // One byte more than allowed tells that there is more; the size in the archive may lie.
        let read = file.take(max + 1).read_to_end(&mut bytes);
        let length = bytes.len() as u64;
        self.left = self.left.saturating_sub(length);
        if length > max {
            self.beyond_limit("an entry is larger than is unpacked");
            return None;
        }
        match read {
            Ok(_) => Some(bytes),
            Err(error) => {
                self.list.gap(Obstacle::Unreadable, error.to_string());
                None
            }
        }
    }

    /// Told once: an archive of a thousand bombs is one gap.
    fn beyond_limit(&mut self, detail: &str) {
        if !std::mem::replace(&mut self.told, true) {
            self.list.gap(Obstacle::BeyondLimit, detail);
        }
    }
}

/// What an entry is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    Properties,
    Manifest,
    Archive,
}

impl Wanted {
    fn of(entry: &str) -> Self {
        let is_of_maven = entry.starts_with("META-INF/maven/") || entry.contains("/META-INF/maven/");
        if is_of_maven && entry.ends_with("/pom.properties") {
            Self::Properties
        } else if entry.eq_ignore_ascii_case("META-INF/MANIFEST.MF") {
            Self::Manifest
        } else if is_archive(entry) {
            Self::Archive
        } else {
            Self::Nothing
        }
    }
}

/// Reads `pom.properties`.
fn properties(text: &str) -> Option<Identity> {
    let mut identity = Identity::default();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        match key.trim() {
            "groupId" => identity.group = value.trim().to_owned(),
            "artifactId" => identity.artifact = value.trim().to_owned(),
            "version" => identity.version = value.trim().to_owned(),
            _ => {}
        }
    }
    let whole =
        ![&identity.group, &identity.artifact, &identity.version].into_iter().any(|word| word.is_empty() || word.contains("${"));
    whole.then_some(identity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::{read, zipped};
    use proptest::prelude::*;

    const LOG4J: (&str, &[u8]) = (
        "META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties",
        b"#made\ngroupId=org.apache.logging.log4j\nartifactId=log4j-core\nversion=2.14.1\n",
    );
    const API: (&str, &[u8]) = ("META-INF/maven/g/api/pom.properties", b"groupId=g\r\nartifactId=api\r\nversion=1\r\n");
    const MANIFEST: (&str, &[u8]) =
        ("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\nImplementation-Vendor-Id: org.x\nBundle-License: Apache-2.0\n");

    fn check(path: &str, bytes: &[u8], expected: &[&str]) {
        let found = read(&READER, path, bytes);
        let components = found.components.iter().map(|c| format!("{} {} {}", c.path, c.package.name, c.package.version));
        let gaps = found.gaps.iter().map(|gap| format!("! {}", gap.detail));
        assert_eq!(components.chain(gaps).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn properties_count_before_manifest_and_name() {
        check(
            "lib/log4j-core-2.14.1.jar",
            &zipped(&[LOG4J, MANIFEST]),
            &["lib/log4j-core-2.14.1.jar org.apache.logging.log4j:log4j-core 2.14.1"],
        );
        check("a-1.0.jar", &zipped(&[MANIFEST]), &["a-1.0.jar org.x:a 1.0"]);
        check("a-1.0.jar", &zipped(&[("x", b"")]), &["a-1.0.jar a 1.0"]);
        let licences = read(&READER, "a-1.0.jar", &zipped(&[MANIFEST])).components.remove(0).licences;
        assert_eq!(licences, ["Apache-2.0"]);
    }

    #[test]
    fn what_was_merged_in_is_there_too() {
        let expected = ["all-9.jar g:api 1", "all-9.jar org.apache.logging.log4j:log4j-core 2.14.1", "all-9.jar org.x:all 9"];
        check("all-9.jar", &zipped(&[LOG4J, API, MANIFEST]), &expected);
    }

    #[test]
    fn archives_in_archives() {
        let inner = zipped(&[LOG4J]);
        let middle = zipped(&[("BOOT-INF/lib/log4j-core-2.14.1.jar", &inner), API]);
        let outer = zipped(&[("WEB-INF/lib/api-1.jar", &middle), ("WEB-INF/lib/broken.jar", b"PK")]);
        let deep =
            "app.war!/WEB-INF/lib/api-1.jar!/BOOT-INF/lib/log4j-core-2.14.1.jar org.apache.logging.log4j:log4j-core 2.14.1";
        let found = read(&READER, "app.war", &outer);
        assert_eq!(found.gaps.len(), 1);
        let told: Vec<_> =
            found.components.iter().map(|c| format!("{} {} {}", c.path, c.package.name, c.package.version)).collect();
        assert_eq!(told, ["app.war!/WEB-INF/lib/api-1.jar g:api 1", deep]);
    }

    #[test]
    fn depth_has_a_limit() {
        let mut archive = zipped(&[LOG4J]);
        for _ in 0..8 {
            archive = zipped(&[("x.jar", &archive)]);
        }
        check("a.jar", &archive, &["! archives nested deeper than 4"]);
    }

    #[test]
    fn what_unpacks_to_too_much_is_told() {
        let large = vec![b' '; usize::try_from(TEXT_BYTES_MAX).unwrap() + 1];
        check("a.jar", &zipped(&[("META-INF/MANIFEST.MF", &large)]), &["! an entry is larger than is unpacked"]);
        check("a.jar", b"PK\x03\x04", &["! invalid Zip archive: Could not find EOCD"]);
    }

    proptest! {
        #[test]
        fn survives_broken_archives(at in 0usize..400, byte: u8) {
            let mut archive = zipped(&[LOG4J, ("a.jar", &zipped(&[API]))]);
            let at = at % archive.len();
            archive[at] = byte;
            drop(read(&READER, "a.jar", &archive));
        }
    }
}
