//! Until when a distribution release gets security fixes.
//!
//! Data of vendors in `content/lifecycles.toml`; the day of today is the caller's. A release that
//! the data does not know has no lifecycle here: unknown is not ended.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use vigie_model::host::OsRelease;
use vigie_model::time::Day;

static DATA: &str = include_str!("../../../../content/lifecycles.toml");

static FILE: LazyLock<Option<File>> = LazyLock::new(|| {
    // The data is part of the program; a test reads it.
    toml::from_str(DATA).ok()
});

/// The day of which the data speaks: what had ended then has ended whenever somebody asks.
#[must_use]
pub fn checked_on() -> Option<Day> {
    Some(FILE.as_ref()?.checked)
}

/// The support of one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// The distribution's own name.
    pub distribution: &'static str,
    /// Last day of the support that everybody gets; none for a rolling distribution, which has no end.
    pub standard_until: Option<Day>,
    /// Last day of a longer support that is there for some.
    pub extended_until: Option<Day>,
    /// What the longer support is called; empty where there is none.
    pub extended_by: &'static str,
    /// Whether everybody gets the longer support, too.
    pub extended_is_free: bool,
}

/// Where in its life a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Everybody gets security fixes.
    Standard,
    /// Fixes only come from the longer support.
    Extended,
    /// Nobody publishes fixes any more.
    Ended,
}

impl Lifecycle {
    /// The last day of what everybody gets, when it lies before a day.
    #[must_use]
    pub fn ended_before(&self, day: Day) -> Option<Day> {
        let longer = self.extended_until.filter(|_| self.extended_is_free);
        longer.or(self.standard_until).filter(|until| *until < day)
    }

    /// Where the release is on a day.
    #[must_use]
    pub fn on(&self, day: Day) -> Support {
        match (self.standard_until, self.extended_until) {
            (None, _) => Support::Standard,
            (Some(standard), _) if day <= standard => Support::Standard,
            (_, Some(extended)) if day <= extended => Support::Extended,
            _ => Support::Ended,
        }
    }
}

/// The lifecycle of a system's release, where it is known.
#[must_use]
pub fn end_of_life(os: &OsRelease) -> Option<Lifecycle> {
    let distribution = FILE.as_ref()?.distribution.iter().find(|distribution| distribution.is(os))?;
    let (standard_until, extended_until) =
        if distribution.rolling || (distribution.rolling_without_version && os.version_id.is_empty()) {
            (None, None)
        } else {
            let release = distribution.releases.get(release(&os.version_id, distribution.parts))?;
            (Some(*release.first()?), release.get(1).copied())
        };
    let extended_by = if extended_until.is_some() { distribution.extended_by.as_str() } else { "" };
    let (distribution, extended_is_free) = (distribution.name.as_str(), distribution.extended_is_free);
    Some(Lifecycle { distribution, standard_until, extended_until, extended_by, extended_is_free })
}

/// The first parts of a version: what names the release.
fn release(version: &str, parts: usize) -> &str {
    match version.match_indices('.').nth(parts.saturating_sub(1)) {
        Some((dot, _)) => version.get(..dot).unwrap_or(version),
        None => version,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    checked: Day,
    distribution: Vec<Distribution>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Distribution {
    ids: Vec<String>,
    name: String,
    #[serde(default)]
    named: String,
    #[serde(default)]
    parts: usize,
    #[serde(default)]
    extended_by: String,
    #[serde(default)]
    extended_is_free: bool,
    #[serde(default)]
    rolling: bool,
    #[serde(default)]
    rolling_without_version: bool,
    #[serde(default)]
    releases: BTreeMap<String, Vec<Day>>,
}

impl Distribution {
    fn is(&self, os: &OsRelease) -> bool {
        self.ids.contains(&os.id) && os.pretty_name.starts_with(&self.named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(id: &str, version_id: &str, pretty_name: &str) -> OsRelease {
        OsRelease { id: id.into(), version_id: version_id.into(), pretty_name: pretty_name.into(), ..OsRelease::default() }
    }

    fn until(id: &str, version: &str) -> String {
        let shown = |day: Option<Day>| day.map_or("-".to_owned(), |day| day.to_string());
        end_of_life(&os(id, version, "")).map_or("unknown".into(), |life| {
            format!("{} {} {}", shown(life.standard_until), shown(life.extended_until), life.extended_by).trim_end().to_owned()
        })
    }

    #[test]
    fn the_data_can_be_read() {
        let file: File = toml::from_str(DATA).unwrap();
        for distribution in &file.distribution {
            assert_eq!(distribution.rolling, distribution.releases.is_empty(), "{}", distribution.name);
            for (version, days) in &distribution.releases {
                let at = format!("{} {version}", distribution.name);
                assert!((1..=2).contains(&days.len()) && days.is_sorted_by(|a, b| a < b), "{at}");
                assert!(days.len() == 1 || !distribution.extended_by.is_empty(), "{at}");
                assert_eq!(release(version, distribution.parts), version, "{at}");
            }
        }
    }

    #[test]
    fn releases_are_found_by_the_parts_that_name_them() {
        assert_eq!(until("debian", "12"), "2026-07-11 2028-06-30 Debian LTS");
        assert_eq!(until("ubuntu", "22.04"), "2027-06-01 2032-04-21 Ubuntu Pro");
        assert_eq!(until("alpine", "3.20.1"), "2026-04-01 -");
        assert_eq!(until("rocky", "9.4"), "2032-05-31 -");
        assert_eq!(until("sles", "15"), "2019-12-31 2022-12-31 LTSS");
        assert_eq!(until("sles", "15.9"), "unknown");
        assert_eq!(until("wolfi", "20230201"), "- -");
        assert_eq!(until("debian", ""), "- -");
        assert_eq!(until("debian", "99"), "unknown");
        assert_eq!(until("plan9", "4"), "unknown");
    }

    #[test]
    fn two_systems_of_one_id_are_told_apart_by_name() {
        let name = |pretty: &str| end_of_life(&os("centos", "8", pretty)).unwrap().standard_until.unwrap().to_string();
        assert_eq!(name("CentOS Linux 8"), "2021-12-31");
        assert_eq!(name("CentOS Stream 8"), "2024-05-31");
    }

    #[test]
    fn what_costs_nothing_ends_later_for_some() {
        let ended = |id: &str, version: &str, day: &str| {
            let life = end_of_life(&os(id, version, "")).unwrap();
            life.ended_before(Day::parse(day).unwrap()).map(|until| until.to_string())
        };
        assert_eq!(ended("debian", "12", "2026-11-22"), None);
        assert_eq!(ended("debian", "10", "2026-11-22").as_deref(), Some("2024-06-30"));
        assert_eq!(ended("ubuntu", "18.04", "2026-11-22"), ended("ubuntu", "18.04", "2030-01-01"));
        assert!(checked_on().is_some());
    }

    #[test]
    fn the_last_day_still_counts() {
        let life = end_of_life(&os("debian", "12", "")).unwrap();
        let on = |day: &str| life.on(Day::parse(day).unwrap());
        assert_eq!(on("2026-07-11"), Support::Standard);
        assert_eq!(on("2026-07-12"), Support::Extended);
        assert_eq!(on("2028-06-30"), Support::Extended);
        assert_eq!(on("2028-07-01"), Support::Ended);
    }
}
