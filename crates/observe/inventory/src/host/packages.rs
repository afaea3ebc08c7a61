//! The packages of this host, and when they changed.
//!
//! Finds out which package manager there is and hands the bytes to [`crate::packages`]. The time of the last change is
//! what dpkg's log says, whose times are local ones; where no log is kept, it is the age of the database.

use crate::packages::{apk, dpkg, os, rpm};
use crate::world::World;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::UNIX_EPOCH;
use vigie_model::host::OsRelease;
use vigie_model::observed::{Gap, Observed, Obstacle};
use vigie_model::package::Package;
use vigie_model::time::Timestamp;

/// dpkg's database.
const DPKG_STATUS: &str = "/var/lib/dpkg/status";
/// The databases of images that were put together without dpkg.
const DPKG_STATUS_DIR: &str = "/var/lib/dpkg/status.d";
/// apk's database, now and since the merge of `/lib` into `/usr`.
const APK_INSTALLED: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
/// Databases of package managers that cannot be read yet.
const FOREIGN: [&str; 2] = ["/var/lib/pacman/local", "/var/db/pkg"];
/// How much of the end of a log is read.
const LOG_TAIL_BYTES: u64 = 512 * 1024;
/// The largest time zone file that is read.
const ZONE_BYTES_MAX: usize = 256 * 1024;

/// The package manager of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    Dpkg,
    Apk,
    Rpm,
    Foreign(&'static str),
    None,
}

pub(super) fn manager(world: &World) -> Manager {
    if world.exists(DPKG_STATUS) || world.exists(DPKG_STATUS_DIR) {
        return Manager::Dpkg;
    }
    if APK_INSTALLED.iter().any(|path| world.exists(path)) {
        return Manager::Apk;
    }
    if rpm_database(world).is_some() {
        return Manager::Rpm;
    }
    FOREIGN.into_iter().find(|path| world.exists(path)).map_or(Manager::None, Manager::Foreign)
}

/// rpm's database. One of the folders may be a link to another, and beside a new database may lie the one it was made
/// from: only the first that is there counts.
fn rpm_database(world: &World) -> Option<String> {
    let paths = rpm::FOLDERS.iter().flat_map(|folder| rpm::NAMES.iter().map(move |name| format!("/{folder}/{name}")));
    paths.into_iter().find(|path| world.exists(path))
}

/// The ecosystem of a manager's packages. Those of a distribution that vulnerability data do not know keep its own id, which
/// matches nothing.
pub(super) fn ecosystem(release: &OsRelease, manager: Manager) -> String {
    let system = match manager {
        Manager::Dpkg => "dpkg",
        Manager::Apk => "apk",
        Manager::Rpm => "rpm",
        Manager::Foreign(_) | Manager::None => "",
    };
    os::ecosystem_of(release, system).unwrap_or_else(|| match release.version_id.as_str() {
        "" => release.id.clone(),
        version => format!("{}:{version}", release.id),
    })
}

pub(super) fn observe(world: &World, manager: Manager, ecosystem: &str) -> Observed<Vec<Package>> {
    match manager {
        Manager::Dpkg => dpkg_packages(world, ecosystem),
        Manager::Apk => read_all(world, &APK_INSTALLED, apk::BYTES_MAX, |bytes| apk::parse_installed(bytes, ecosystem)),
        Manager::Rpm => {
            let path = rpm_database(world);
            read_all(world, path.as_slice(), rpm::BYTES_MAX, |bytes| rpm::parse(bytes, ecosystem))
        }
        Manager::Foreign(path) => {
            Observed::Unseen(Gap::new(path, Obstacle::Unreadable, "Vigie cannot read this package database yet"))
        }
        Manager::None => Observed::Unseen(Gap::new(DPKG_STATUS, Obstacle::Missing, "no package database was found")),
    }
}

fn dpkg_packages(world: &World, ecosystem: &str) -> Observed<Vec<Package>> {
    let mut paths = vec![DPKG_STATUS.to_owned()];
    let mut gaps = Vec::new();
    match world.names(DPKG_STATUS_DIR) {
        Ok(names) => {
            let names = names.unwrap_or_default().into_iter().map(|name| name.to_string_lossy().into_owned());
            // Beside each paragraph lies a list of checksums.
            paths.extend(names.filter(|name| !name.ends_with(".md5sums")).map(|name| format!("{DPKG_STATUS_DIR}/{name}")));
        }
        Err(gap) => gaps.push(gap),
    }
    let seen = read_all(world, &paths, dpkg::BYTES_MAX, |bytes| dpkg::parse_status(bytes, ecosystem));
    match (seen, gaps.is_empty()) {
        (seen, true) => seen,
        (Observed::Seen(value), false) => Observed::Partly { value, missing: gaps },
        (Observed::Partly { value, mut missing }, false) => {
            missing.extend(gaps);
            Observed::Partly { value, missing }
        }
        (other, false) => other,
    }
}

/// The packages of all these files that exist; unseen when there is a reason and no package.
fn read_all<P: AsRef<Path>>(
    world: &World,
    paths: &[P],
    max: usize,
    parse: impl Fn(&[u8]) -> (Vec<Package>, Vec<Gap>),
) -> Observed<Vec<Package>> {
    let (mut packages, mut gaps) = (Vec::new(), Vec::new());
    for path in paths {
        match world.read_if_there(path, max) {
            Ok(Some(bytes)) => {
                let (found, missing) = parse(&bytes);
                packages.extend(found);
                gaps.extend(missing);
            }
            Ok(None) => {}
            Err(gap) => gaps.push(gap),
        }
    }
    match gaps.pop() {
        Some(gap) if packages.is_empty() => Observed::Unseen(gap),
        Some(gap) => {
            gaps.push(gap);
            Observed::Partly { value: packages, missing: gaps }
        }
        None => Observed::Seen(packages),
    }
}

/// When packages were last installed or upgraded.
pub(super) fn last_change(world: &World, manager: Manager) -> Observed<Timestamp> {
    let databases: &[&str] = match manager {
        Manager::Dpkg => &[DPKG_STATUS, DPKG_STATUS_DIR],
        Manager::Apk => &APK_INSTALLED,
        Manager::Rpm => return newest(world, rpm_database(world).as_slice()),
        Manager::Foreign(_) | Manager::None => return Observed::NotLooked,
    };
    if manager == Manager::Dpkg {
        let zone = time_zone(world);
        let logs = ["/var/log/dpkg.log", "/var/log/dpkg.log.1"];
        let logged = logs.iter().find_map(|path| parse_last_change(&tail(world, path)?, &zone));
        if let Some(time) = logged {
            return Observed::Seen(time);
        }
    }
    newest(world, databases)
}

/// The time of the last line of dpkg's log that put a package on disk. The log is written in local time.
#[must_use]
pub fn parse_last_change(log: &[u8], zone: &TimeZone) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(log);
    let line = text.lines().rev().find(|line| {
        let action = line.get(20..).unwrap_or_default();
        ["install ", "upgrade ", "status installed "].iter().any(|word| action.starts_with(word))
    })?;
    let local: DateTime = line.get(..19)?.parse().ok()?;
    let time = local.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Timestamp::from_micros(time.as_microsecond()))
}

/// The machine's time zone; UTC where none is set, as the C library does.
fn time_zone(world: &World) -> TimeZone {
    let file = world.read("/etc/localtime", ZONE_BYTES_MAX).ok();
    file.and_then(|bytes| TimeZone::tzif("local", &bytes).ok()).unwrap_or(TimeZone::UTC)
}

/// The end of a log; nothing when it cannot be read, since the database's own age is the next best.
fn tail(world: &World, path: &str) -> Option<Vec<u8>> {
    let mut file = world.open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The latest change of any of these files.
pub(super) fn newest<P: AsRef<Path>>(world: &World, paths: &[P]) -> Observed<Timestamp> {
    let (mut newest, mut reason) = (None, None);
    for path in paths {
        match world.metadata(path) {
            Ok(Some(metadata)) => newest = newest.max(modified(&metadata)),
            Ok(None) => {}
            Err(gap) => reason = Some(gap),
        }
    }
    match (newest, reason) {
        (Some(time), None) => Observed::Seen(time),
        (Some(value), Some(gap)) => Observed::Partly { value, missing: vec![gap] },
        (None, Some(gap)) => Observed::Unseen(gap),
        (None, None) => {
            let what = paths.first().map(|path| path.as_ref().display().to_string());
            Observed::Unseen(Gap::new(what.unwrap_or_default(), Obstacle::Missing, ""))
        }
    }
}

fn modified(metadata: &std::fs::Metadata) -> Option<Timestamp> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_micros(i64::try_from(since.as_micros()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;

    #[test]
    fn finds_the_package_manager() {
        let table = [
            ("/var/lib/dpkg/status", Manager::Dpkg),
            ("/var/lib/dpkg/status.d/base", Manager::Dpkg),
            ("/usr/lib/apk/db/installed", Manager::Apk),
            ("/var/lib/rpm/rpmdb.sqlite", Manager::Rpm),
            ("/usr/lib/sysimage/rpm/Packages.db", Manager::Rpm),
            ("/var/lib/pacman/local/x", Manager::Foreign("/var/lib/pacman/local")),
            ("/etc/hostname", Manager::None),
        ];
        for (path, expected) in table {
            assert_eq!(manager(&world(&[(path, "")]).1), expected, "{path}");
        }
    }

    #[test]
    fn reads_images_without_dpkg() {
        let (_dir, world) = world(&[
            ("/var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12\n"),
            ("/var/lib/dpkg/status.d/base.md5sums", "0123  file\n"),
            ("/var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a\n"),
        ]);
        let packages = observe(&world, Manager::Dpkg, "Debian:12");
        let Observed::Seen(packages) = packages else { panic!("{packages:?}") };
        assert_eq!(packages.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["base-files", "tzdata"]);
    }

    #[test]
    fn other_package_managers_are_said_to_be_unread() {
        let (_dir, world) = world(&[("/var/lib/pacman/local/x", "")]);
        assert_eq!(observe(&world, manager(&world), "arch").gaps()[0].what, "/var/lib/pacman/local");
    }

    #[test]
    fn a_broken_database_of_rpm_is_a_gap() {
        let (_dir, world) = world(&[("/var/lib/rpm/rpmdb.sqlite", "not a database")]);
        assert_eq!(observe(&world, manager(&world), "Red Hat:9").gaps()[0].why, Obstacle::Unreadable);
        let release = OsRelease { id: "rhel".into(), version_id: "9.4".into(), ..OsRelease::default() };
        assert_eq!(ecosystem(&release, Manager::Rpm), "Red Hat:9");
        assert_eq!(ecosystem(&release, Manager::Foreign("/var/db/pkg")), "rhel:9.4");
    }

    #[test]
    fn the_log_tells_the_last_change_in_local_time() {
        let log = b"2026-07-01 10:00:00 status half-installed a:amd64 1\n2026-07-01 10:00:05 status installed a:amd64 1\n\
                    2026-07-02 10:00:00 startup packages remove\n2026-07-02 10:00:00 remove b:all 1 <none>\n";
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(parse_last_change(log, &zone).unwrap().to_string(), "2026-07-01T08:00:05Z");
        assert_eq!(parse_last_change("2026-07-01é10:00:05 status installed a".as_bytes(), &zone), None);
        assert_eq!(parse_last_change(b"\xff", &zone), None);
    }
}
