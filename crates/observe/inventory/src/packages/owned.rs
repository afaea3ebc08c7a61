//! Files that packages of the operating system brought.
//!
//! Databases list every file; only those are kept of which some reader could make a component of its own
//! ([`may_carry`]), because it only matters there who brought them. Of all others below `usr` a mark of four bytes
//! is kept: enough to know that what stands in them is public, since it comes from a distribution.
//!
//! Holds: a path is relative, in UTF-8, without `.` and `..`, and not longer than [`PATH_BYTES_MAX`].

use super::{Found, Owned, may_carry};
use crate::walk::path;
use vigie_model::observed::{Gap, Obstacle};

/// The most files that one database gives; a desktop has some 300,000, of which a tenth is kept.
pub(crate) const OWNED_MAX: usize = 1_000_000;
/// The longest path; the limit of Linux.
const PATH_BYTES_MAX: usize = 4096;
/// A list of owned files that is being put together.
#[derive(Debug, Default)]
pub(crate) struct Ownership {
    owned: Vec<Owned>,
    marks: Vec<u32>,
    full: bool,
}

/// Directories that are links into `usr` on merged systems, where databases name either path.
const MERGED: [&str; 5] = ["bin/", "sbin/", "lib/", "lib32/", "lib64/"];

/// The path as it is below `usr` on systems where `bin` and `lib` are links into it.
pub(crate) fn below_usr(path: &str) -> &str {
    let rest = path.strip_prefix("usr/").unwrap_or(path);
    if MERGED.iter().any(|folder| rest.starts_with(folder)) { rest } else { path }
}

/// The mark of a file below `usr`; none for settings and data, which others write too.
pub(crate) fn mark(path: &str) -> Option<u32> {
    let below = below_usr(path);
    let is_system = path.starts_with("usr/") || MERGED.iter().any(|folder| below.starts_with(folder));
    // The lower half of a hash is one, too.
    is_system.then(|| path::hash(below) as u32)
}

impl Ownership {
    /// Adds a file, as its database writes the path, if it could carry a component.
    pub(crate) fn add(&mut self, path: &str, package: &str) {
        let path = path.trim_start_matches("./").trim_start_matches('/');
        let odd = path.len() > PATH_BYTES_MAX || path.split('/').any(|part| matches!(part, "" | "." | ".."));
        if odd {
            return;
        }
        if self.owned.len() == OWNED_MAX || self.marks.len() == OWNED_MAX {
            self.full = true;
            return;
        }
        self.marks.extend(mark(path));
        if !may_carry(path) {
            return;
        }
        self.owned.push(Owned { path: path.to_owned(), package: package.to_owned() });
    }

    /// The files alone, of a list at this place.
    pub(crate) fn found(self, path: &str) -> Found {
        let mut found = Found::default();
        self.add_to(&mut found, path);
        found
    }

    /// Puts the files beside what a database at this place told else.
    pub(crate) fn add_to(self, found: &mut Found, path: &str) {
        found.owned.extend(self.owned);
        found.owned_marks.extend(self.marks);
        if self.full {
            found.gaps.push(Gap::new(path, Obstacle::BeyondLimit, format!("lists more than {OWNED_MAX} files")));
        }
    }
}
