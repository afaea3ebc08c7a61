//! Updates that are pending on this host, how old the knowledge of them is, and whether a restart is due.

use super::packages::{Manager, newest};
use crate::packages::apt::{self, Offers, Release};
use crate::world::World;
use std::io::Read;
use vigie_model::host::{PendingUpdate, RebootRequired};
use vigie_model::observed::{Gap, Observed, Obstacle};
use vigie_model::package::Package;
use vigie_model::time::Timestamp;

/// Where apt keeps what its sources offer.
const LISTS: &str = "/var/lib/apt/lists";
/// The most lists that are read.
const LISTS_MAX: usize = 2_000;
/// The largest note of packages that asked for a restart.
const NOTE_BYTES_MAX: usize = 1024 * 1024;

/// Updates that apt's lists offer for these packages.
pub(super) fn pending(world: &World, manager: Manager, installed: Option<&Vec<Package>>) -> Observed<Vec<PendingUpdate>> {
    let (Manager::Dpkg, Some(installed)) = (manager, installed) else { return Observed::NotLooked };
    let names = match list_names(world) {
        Ok(names) => names,
        Err(gap) => return Observed::Unseen(gap),
    };
    let mut gaps = Vec::new();
    let releases = releases(world, &names, &mut gaps);
    let mut offers = Offers::new(installed);
    let lists: Vec<&String> = names.iter().filter(|name| is_list(name)).collect();
    if lists.is_empty() {
        return Observed::Unseen(Gap::new(LISTS, Obstacle::Missing, "no package lists: `apt update` was not run"));
    }
    for name in lists.iter().take(LISTS_MAX) {
        // The longest name belongs to the nearest release file.
        let fits = releases.iter().filter(|(prefix, _)| name.starts_with(prefix.as_str()));
        let release = fits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, release)| release.clone());
        if let Err(gap) = read_list(world, name, &release.unwrap_or(Release { security: false, priority: 500 }), &mut offers) {
            gaps.push(gap);
        }
    }
    if lists.len() > LISTS_MAX {
        gaps.push(Gap::new(LISTS, Obstacle::BeyondLimit, format!("more than {LISTS_MAX} package lists")));
    }
    Observed::with_gaps(offers.pending(), gaps)
}

fn list_names(world: &World) -> Result<Vec<String>, Gap> {
    let names = world.names(LISTS)?.ok_or_else(|| Gap::new(LISTS, Obstacle::Missing, ""))?;
    Ok(names.into_iter().map(|name| name.to_string_lossy().into_owned()).collect())
}

/// `…_Packages`, plain or with the extension of its compression.
fn is_list(name: &str) -> bool {
    name.rsplit_once("_Packages").is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with('.'))
}

/// Release files by what the names of their lists start with.
fn releases(world: &World, names: &[String], gaps: &mut Vec<Gap>) -> Vec<(String, Release)> {
    let mut releases = Vec::new();
    for name in names {
        let Some(prefix) = name.strip_suffix("InRelease").or_else(|| name.strip_suffix("Release")) else { continue };
        let host = name.split('_').next().unwrap_or_default();
        match world.read(format!("{LISTS}/{name}"), apt::RELEASE_BYTES_MAX) {
            Ok(bytes) => releases.push((prefix.to_owned(), apt::parse_release(&bytes, host))),
            Err(gap) => gaps.push(gap),
        }
    }
    releases
}

fn read_list(world: &World, name: &str, release: &Release, offers: &mut Offers<'_>) -> Result<(), Gap> {
    let path = format!("{LISTS}/{name}");
    let file = world.open(&path)?;
    let list: Box<dyn Read> = match name.rsplit_once("_Packages").map(|(_, extension)| extension) {
        Some("") => Box::new(file),
        Some(".lz4") => Box::new(lz4_flex::frame::FrameDecoder::new(file)),
        Some(".gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        _ => return Err(Gap::new(path, Obstacle::Unreadable, "Vigie cannot unpack this compression")),
    };
    offers.read(list, release).map_err(|error| {
        let why = if matches!(error, apt::ListError::TooLarge) { Obstacle::BeyondLimit } else { Obstacle::Unreadable };
        let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        Gap::new(path, why, cause)
    })
}

/// When the package lists were last refreshed.
pub(super) fn last_refresh(world: &World, manager: Manager) -> Observed<Timestamp> {
    match manager {
        Manager::Dpkg => match list_names(world) {
            // A directory that somebody emptied changed without being refreshed.
            Ok(names) if !names.iter().any(|name| is_list(name)) => {
                Observed::Unseen(Gap::new(LISTS, Obstacle::Missing, "no package lists: `apt update` was not run"))
            }
            // A refresh that finds nothing new changes only the directory for unfinished downloads.
            Ok(_) => newest(world, &[LISTS, "/var/lib/apt/lists/partial", "/var/lib/apt/periodic/update-success-stamp"]),
            Err(gap) => Observed::Unseen(gap),
        },
        Manager::Apk => {
            let (indexes, mut gaps) = world.glob("/var/cache/apk/APKINDEX.*");
            match (newest(world, &indexes), gaps.pop()) {
                (Observed::Unseen(_), Some(gap)) => Observed::Unseen(gap),
                (Observed::Unseen(_), None) => {
                    Observed::Unseen(Gap::new("/var/cache/apk", Obstacle::Missing, "no package index is kept"))
                }
                (seen, _) => seen,
            }
        }
        Manager::Rpm | Manager::Foreign(_) | Manager::None => Observed::NotLooked,
    }
}

/// The distribution's own note that a restart is due. Only Debian and its relatives leave one.
pub(super) fn reboot_required(world: &World, manager: Manager) -> Observed<RebootRequired> {
    if manager != Manager::Dpkg {
        return Observed::NotLooked;
    }
    let required = match world.metadata("/run/reboot-required") {
        Ok(note) => note.is_some(),
        Err(gap) => return Observed::Unseen(gap),
    };
    match world.read_if_there("/run/reboot-required.pkgs", NOTE_BYTES_MAX) {
        Ok(note) => {
            let packages = if required { parse_note(&note.unwrap_or_default()) } else { Vec::new() };
            Observed::Seen(RebootRequired { required, packages })
        }
        Err(gap) => Observed::Partly { value: RebootRequired { required, packages: Vec::new() }, missing: vec![gap] },
    }
}

/// One package a line, the same one as often as it asked.
fn parse_note(note: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(note);
    let mut packages: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;
    use std::io::Write;

    const LIST: &str = "Package: a\nArchitecture: all\nVersion: 2\n\nPackage: b\nArchitecture: all\nVersion: 1\n";

    fn package(name: &str) -> Package {
        Package {
            ecosystem: "Debian:12".into(),
            name: name.into(),
            version: "1".into(),
            architecture: Some("all".into()),
            source: None,
        }
    }

    #[test]
    fn lists_are_read_with_the_release_beside_them() {
        let (files, world) = world(&[
            ("/var/lib/apt/lists/h_debian_dists_x_InRelease", "Label: Debian\n"),
            ("/var/lib/apt/lists/h_debian_dists_x_main_binary-all_Packages", LIST),
            ("/var/lib/apt/lists/h_debian_dists_x_main_i18n_Translation-en", "Package: a\nVersion: 9\n"),
            ("/var/lib/apt/lists/h_debian_dists_x-sec_Release", "Label: Debian-Security\n"),
            ("/var/lib/apt/lists/lock", ""),
            ("/var/lib/apt/lists/z_dists_y_main_binary-all_Packages.xz", "?"),
        ]);
        let lists = files.path("/var/lib/apt/lists");
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(
            LIST.replace("Package: b\nArchitecture: all\nVersion: 1", "Package: b\nArchitecture: all\nVersion: 2").as_bytes(),
        )
        .unwrap();
        std::fs::write(lists.join("h_debian_dists_x-sec_main_binary-all_Packages.gz"), gz.finish().unwrap()).unwrap();

        let installed = vec![package("a"), package("b")];
        let Observed::Partly { value, missing } = pending(&world, Manager::Dpkg, Some(&installed)) else { panic!() };
        let said: Vec<_> = value.iter().map(|u| (u.package.as_str(), u.candidate.as_str(), u.security)).collect();
        assert_eq!(said, [("a", "2", true), ("b", "2", true)]);
        assert_eq!(missing.len(), 1);
        assert!(missing[0].what.ends_with("Packages.xz"));
    }

    #[test]
    fn broken_lists_are_gaps() {
        let (_dir, world) =
            world(&[("/var/lib/apt/lists/h_Packages.gz", "no gzip"), ("/var/lib/apt/lists/h_Packages.lz4", "no lz4 at all")]);
        let pending = pending(&world, Manager::Dpkg, Some(&Vec::new()));
        assert_eq!(pending.gaps().len(), 2);
        assert!(pending.gaps().iter().all(|gap| gap.why == Obstacle::Unreadable && !gap.detail.is_empty()));
    }

    #[test]
    fn an_emptied_directory_was_not_refreshed() {
        let (_dir, world) = world(&[("/var/lib/apt/lists/lock", "")]);
        assert!(matches!(last_refresh(&world, Manager::Dpkg), Observed::Unseen(_)));
        assert!(matches!(pending(&world, Manager::Dpkg, Some(&Vec::new())), Observed::Unseen(_)));
    }

    #[test]
    fn the_note_names_its_packages_once() {
        let (_dir, with) = world(&[
            ("/run/reboot-required", "*** System restart required ***"),
            ("/run/reboot-required.pkgs", "linux-base\ndbus\nlinux-base\n"),
        ]);
        let Observed::Seen(note) = reboot_required(&with, Manager::Dpkg) else { panic!() };
        assert_eq!((note.required, note.packages), (true, vec!["dbus".to_owned(), "linux-base".to_owned()]));
        let (_dir, without) = world(&[("/run/x", "")]);
        assert_eq!(reboot_required(&without, Manager::Dpkg), Observed::Seen(RebootRequired::default()));
    }
}
