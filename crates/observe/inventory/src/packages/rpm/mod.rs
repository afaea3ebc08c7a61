//! What rpm has installed, and which files it brought.
//!
//! The database keeps one binary header for each package ([`header`]) in one of three containers: SQLite
//! since rpm 4.16 ([`sqlite`]), rpm's own `ndb` on SUSE ([`ndb`]), a Berkeley DB hash before
//! ([`berkeley`]). All are read from their bytes alone, without the libraries that wrote them. Images of
//! CBL-Mariner and Azure Linux without rpm list their packages as text ([`manifest`]).
//!
//! Public keys, which rpm keeps as packages named `gpg-pubkey`, are not software and left out.

mod berkeley;
mod header;
mod manifest;
mod ndb;
mod sqlite;

pub(crate) use manifest::READER as MANIFEST;

use super::owned::Ownership;
use super::{Found, Reader};
use crate::content::{Content, Meta, Setting};
use header::Header;
use vigie_model::component::Component;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::package::{Package, SourcePackage};

/// The largest database that is read. One with 3,000 packages has 100 MB.
pub const BYTES_MAX: usize = 1024 * 1024 * 1024;
/// The most packages of one database.
pub const PACKAGES_MAX: usize = 200_000;
/// The most gaps that are told of one database.
const GAPS_MAX: usize = 100;
/// The longest name or version.
const WORD_BYTES_MAX: usize = 512;
/// Where a database can be; the second since the merge into `/usr`, the third with ostree.
pub const FOLDERS: [&str; 3] = ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"];
/// What a database is called, by container.
pub const NAMES: [&str; 3] = ["rpmdb.sqlite", "Packages.db", "Packages"];

/// The database in any of its containers.
pub(crate) static DATABASE: Reader = Reader {
    name: "rpm database",
    wants: |meta, setting| {
        let parts = meta.path.rsplit_once('/');
        setting == Setting::Installed && parts.is_some_and(|(folder, name)| FOLDERS.contains(&folder) && NAMES.contains(&name))
    },
    looks_right: |head| container_of(head).is_some(),
    bytes_max: BYTES_MAX as u64,
    read: |meta, content| read(meta, content),
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    Sqlite,
    Ndb,
    Berkeley,
}

/// Why a part of a database was not read.
type Broken = &'static str;

fn container_of(head: &[u8]) -> Option<Container> {
    if head.starts_with(sqlite::MAGIC) {
        return Some(Container::Sqlite);
    }
    if head.starts_with(ndb::MAGIC) {
        return Some(Container::Ndb);
    }
    berkeley::is_hash(head).then_some(Container::Berkeley)
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let mut found = Found::default();
    let mut ownership = Ownership::default();
    let gaps = each_package(content.bytes, meta.path, |package, header| {
        each_file(header, |path| ownership.add(path, &package.name));
        let mut component = Component::new(package, meta.path);
        component.licences.extend(header.text(header::LICENCE));
        found.components.push(component);
    });
    found.gaps = gaps;
    ownership.add_to(&mut found, meta.path);
    found
}

/// Reads a database: the packages in it, their ecosystem still to be told.
#[must_use]
pub fn parse(bytes: &[u8], ecosystem: &str) -> (Vec<Package>, Vec<Gap>) {
    let mut packages = Vec::new();
    let gaps = each_package(bytes, "rpm database", |mut package, _| {
        ecosystem.clone_into(&mut package.ecosystem);
        packages.push(package);
    });
    (packages, gaps)
}

/// Hands out the packages in turn, and says what could not be read.
fn each_package(bytes: &[u8], place: &str, mut take: impl FnMut(Package, &Header<'_>)) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut count = 0_usize;
    let unreadable = |detail: String| Gap::new(place, Obstacle::Unreadable, detail);
    let mut each = |blob: &[u8]| -> bool {
        count += 1;
        if count > PACKAGES_MAX {
            gaps.push(Gap::new(place, Obstacle::BeyondLimit, format!("more than {PACKAGES_MAX} packages")));
            return false;
        }
        match Header::parse(blob).and_then(|header| Ok((package(&header)?, header))) {
            Ok((Some(package), header)) => take(package, &header),
            Ok((None, _)) => {}
            Err(broken) => gaps.push(unreadable(format!("package {count}: {broken}"))),
        }
        gaps.len() < GAPS_MAX
    };
    let ended = match container_of(bytes) {
        Some(Container::Sqlite) => sqlite::each_header(bytes, &mut each),
        Some(Container::Ndb) => ndb::each_header(bytes, &mut each),
        Some(Container::Berkeley) => berkeley::each_header(bytes, &mut each),
        None => Err("neither SQLite nor ndb nor Berkeley DB"),
    };
    gaps.extend(ended.err().map(|broken| unreadable(broken.to_owned())));
    gaps
}

/// The package of a header; none of a public key.
fn package(header: &Header<'_>) -> Result<Option<Package>, Broken> {
    let name = header.text(header::NAME).ok_or("no name")?;
    if name == "gpg-pubkey" {
        return Ok(None);
    }
    let version = header.text(header::VERSION).ok_or("no version")?;
    let release = header.text(header::RELEASE).ok_or("no release")?;
    let epoch = header.number(header::EPOCH).unwrap_or_default();
    let architecture = header.text(header::ARCHITECTURE);
    let source = header.text(header::SOURCE_RPM);
    let raw = RawPackage { name, version: format!("{version}-{release}"), epoch, architecture, source };
    raw.package().map(Some)
}

/// What headers and manifests say of a package.
struct RawPackage {
    name: String,
    /// `version-release`.
    version: String,
    epoch: u32,
    architecture: Option<String>,
    /// `name-version-release.src.rpm`.
    source: Option<String>,
}

impl RawPackage {
    fn package(self) -> Result<Package, Broken> {
        let words = [Some(&self.name), Some(&self.version), self.architecture.as_ref(), self.source.as_ref()];
        if words.into_iter().flatten().any(|word| word.is_empty() || word.len() > WORD_BYTES_MAX) {
            return Err("a name or version is empty or too long");
        }
        let with_epoch = |version: &str| if self.epoch == 0 { version.to_owned() } else { format!("{}:{version}", self.epoch) };
        let version = with_epoch(&self.version);
        // Packages of one source share its epoch, as far as advisories are concerned: none tells another.
        let source = self.source.as_deref().and_then(source_package);
        let source = source.map(|(name, version)| SourcePackage { name: name.to_owned(), version: with_epoch(version) });
        let source = source.filter(|source| source.name != self.name || source.version != version);
        Ok(Package { ecosystem: "rpm".to_owned(), name: self.name, version, architecture: self.architecture, source })
    }
}

/// `openssl-3.0.7-27.el9.src.rpm` → `openssl` and `3.0.7-27.el9`.
fn source_package(file: &str) -> Option<(&str, &str)> {
    let stem = file.strip_suffix(".rpm")?;
    let stem = stem.strip_suffix(".src").or_else(|| stem.strip_suffix(".nosrc"))?;
    let (dash, _) = stem.rmatch_indices('-').nth(1)?;
    let (name, version) = stem.split_at_checked(dash)?;
    (!name.is_empty()).then_some((name, version.strip_prefix('-')?))
}

/// The files of a package: base names with the number of their directory, or whole paths in old headers.
fn each_file(header: &Header<'_>, mut take: impl FnMut(&str)) {
    let folders: Vec<&str> = header.texts(header::DIRECTORY_NAMES).collect();
    let mut path = String::new();
    for (name, folder) in header.texts(header::BASE_NAMES).zip(header.numbers(header::DIRECTORY_INDEXES)) {
        let Some(folder) = usize::try_from(folder).ok().and_then(|index| folders.get(index)) else { continue };
        path.clear();
        path.push_str(folder);
        path.push_str(name);
        take(&path);
    }
    header.texts(header::OLD_FILE_NAMES).for_each(take);
}

#[cfg(test)]
mod tests;
