//! Red Hat's extended support: what is repaired in a minor release after the next one came out.
//!
//! A build says which minor release it was made for (`5.14.0-427.68.1.el9_4`), and of one release the newer build has
//! what the older one has, whoever it was published for. So such a build is repaired where the data of that release's
//! extended support say so, though the main line names a higher version, of the next minor release. What extended
//! support does not speak of stays as the main line says.

use super::{affected, is_modular, standing_of};
use crate::advisories::Advisories;
use crate::file::rows::Rows;
use crate::file::{Damaged, Section};
use crate::span::End;
use std::collections::HashSet;
use vigie_model::version::Scheme;

/// The kinds of support, as `canonical` names their ecosystems.
const SUPPORTS: [&str; 5] = ["eus", "aus", "tus", "e4s", "eus_long_life"];

impl<B: AsRef<[u8]>> Advisories<B> {
    /// Numbers of the vulnerabilities that extended support repaired in this build.
    pub(super) fn repaired_later(&self, ecosystem: &str, name: &str, version: &str) -> Result<HashSet<usize>, Damaged> {
        let mut repaired = HashSet::new();
        let minor = minor_release(version).filter(|_| ecosystem.starts_with("Red Hat:"));
        let Some(minor) = minor else { return Ok(repaired) };
        let minor = minor.replace('_', ".");
        for support in SUPPORTS {
            let Some(bytes) = self.rows_of(&format!("Red Hat:{support}:{minor}"), name, false)? else { continue };
            let damaged = Damaged::in_section(Section::Rows);
            let mut rows = Rows::new(bytes).ok_or(damaged)?;
            let modular: Vec<bool> = rows.versions.iter().map(|version| is_modular(version)).collect();
            let at = standing_of(&rows.versions, version, Scheme::Rpm);
            while let Some(row) = rows.next().ok_or(damaged)? {
                // A fix of a module says nothing of a plain build, and the other way round.
                let of_kind = |place: usize| modular.get(place).copied() == at.modular;
                let has_fix = row.spans.iter().any(|span| matches!(span.to, End::Fixed(place) if of_kind(place)));
                if has_fix && !affected::is_affected(row, at, &modular) {
                    repaired.insert(row.vulnerability);
                }
            }
        }
        Ok(repaired)
    }
}

/// `9_4` of `427.68.1.el9_4`.
fn minor_release(version: &str) -> Option<&str> {
    let (_, rest) = version.rsplit_once(".el")?;
    let release = rest.split(['.', '+']).next()?;
    let (major, minor) = release.split_once('_')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(major) && is_number(minor)).then_some(release)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_say_their_minor_release() {
        for (version, expected) in [
            ("0:5.14.0-427.68.1.el9_4", Some("9_4")),
            ("1.20.1-14.el9_2.1", Some("9_2")),
            ("1.1.1k-9.el8", None),
            ("2.4.37-39.module+el8.4.0+9658", None),
            ("1.0-1.el9_x", None),
        ] {
            assert_eq!(minor_release(version), expected, "{version}");
        }
    }
}
