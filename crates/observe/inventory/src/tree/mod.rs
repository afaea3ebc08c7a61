//! A tree of files: an unpacked image, an installed system, a source tree.
//!
//! [`scan`] walks it with several threads and shows each file to the same readers and watchers as a layer of an
//! image. Whether it is an installed system or a source tree is told by what is there: os-release and a database
//! of packages make a system. A tree that is neither, and has no lock file at all, is looked at once more for what is
//! installed in it: a virtual environment, `node_modules`, a folder of JARs, a program as it is delivered.
//!
//! Holds: links are never followed, so nothing outside the tree is read, not even when somebody changes it
//! meanwhile; what cannot be read is a gap, and the rest is read. `/proc`, `/sys` and `/dev` of a system and the
//! objects of git are passed over.

mod beneath;
mod walk;

pub(crate) use walk::layer_of_folder;

use self::beneath::Root;
use self::walk::{Walk, read_all};
use crate::content::Setting;
use crate::image::merge;
use crate::layer::{NoScratch, Readers, Scratch};
use crate::watch::Watch;
use std::io;
use std::path::{Path, PathBuf};
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::image::TreeFacts;
use vigie_model::text;

/// Where a system says which distribution it is.
const RELEASES: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];
/// Where a system keeps what is installed.
const DATABASES: [&str; 7] = [
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d",
    "lib/apk/db/installed",
    "usr/lib/apk/db/installed",
    "var/lib/rpm",
    "usr/lib/sysimage/rpm",
    "usr/share/rpm",
];

/// Where Node has its packages.
const MODULES: &str = "node_modules";

/// How a tree is scanned.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// What sort of tree it is; told by what is there, else.
    pub setting: Option<Setting>,
    /// Where temporary files may be put; the system's folder for them, else.
    pub scratch: Option<&'a Path>,
    /// How many files are read at once; as many as the machine has processors, else.
    pub threads: Option<usize>,
    /// Who else looks at the files.
    pub watches: &'a [&'a dyn Watch],
    /// Which files and folders count, by their path below the root; all of them, else.
    pub chosen: Option<&'a Choice<'a>>,
}

/// Says which files and folders count.
pub type Choice<'a> = dyn Fn(&str) -> bool + Sync + 'a;

/// Why a tree cannot be scanned.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The folder cannot be opened.
    #[error("cannot open {}", path.display())]
    Closed {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no place for temporary files.
    #[error(transparent)]
    Scratch(#[from] NoScratch),
}

/// Scans a tree.
///
/// # Errors
/// When the folder itself cannot be opened, or there is no room for temporary files.
pub fn scan(dir: &Path, options: &Options<'_>) -> Result<TreeFacts, TreeError> {
    let root = Root::open(dir).map_err(|source| TreeError::Closed { path: dir.to_owned(), source })?;
    let parent = options.scratch.map_or_else(std::env::temp_dir, Path::to_owned);
    let scratch = Scratch::below(&parent)?;
    let setting = options.setting.unwrap_or_else(|| setting_of(&root));
    let readers = Readers { scratch: &scratch, watches: options.watches, stop: None };
    let facts =
        read_all(&Walk { root: &root, setting, overlay: false, threads: options.threads, chosen: options.chosen }, readers);
    let (files, file_bytes) = (facts.entries, facts.file_bytes);
    let mut merged = merge::merge(&[facts], false);
    if options.setting.is_none() && setting == Setting::Source && merged.components.is_empty() {
        let installed = read_installed(dir, &root, options, Readers { watches: &[], ..readers });
        let known = merged.gaps.clone();
        merged.components = installed.components;
        // What hindered both is one gap.
        merged.gaps.extend(installed.gaps.into_iter().filter(|gap| !known.contains(gap)));
    }
    Ok(TreeFacts {
        path: dir.display().to_string(),
        installed: setting == Setting::Installed,
        os: merged.os,
        files,
        file_bytes,
        components: merged.components,
        remarks: merged.remarks,
        gaps: merged.gaps,
    })
}

/// Reads a tree of sources for what is installed in it.
fn read_installed(dir: &Path, root: &Root, options: &Options<'_>, readers: Readers<'_>) -> merge::Merged {
    let walk = |root: &Root, chosen: Option<&Choice<'_>>| {
        let walk = Walk { root, setting: Setting::Installed, overlay: false, threads: options.threads, chosen };
        merge::merge(&[read_all(&walk, readers)], false)
    };
    // A package of Node is known by the folder it lies in: where that is the tree itself, it is seen from above.
    let above = std::fs::canonicalize(dir).ok().filter(|dir| dir.ends_with(MODULES));
    let above = above.as_deref().and_then(Path::parent).and_then(|parent| Root::open(parent).ok());
    let Some(above) = above else { return walk(root, options.chosen) };
    let chosen = |path: &str| {
        let within = path.strip_prefix(MODULES).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        within.is_some_and(|rest| rest.is_empty() || options.chosen.is_none_or(|counts| counts(rest.trim_start_matches('/'))))
    };
    walk(&above, Some(&chosen))
}

/// What sort of tree it is.
fn setting_of(root: &Root) -> Setting {
    let any = |paths: &[&str]| paths.iter().any(|path| root.has(path));
    if any(&RELEASES) && any(&DATABASES) { Setting::Installed } else { Setting::Source }
}

impl Explain for TreeError {
    fn explain(self) -> Problem {
        match &self {
            Self::Closed { path, source } => {
                let path = path.display();
                Problem::new(
                    Kind::User,
                    text!(
                        en "{path} cannot be opened as a folder ({source})",
                        fr "{path} ne peut pas être ouvert comme dossier ({source})",
                        de "{path} lässt sich nicht als Ordner öffnen ({source})"
                    ),
                )
                .hint(text!(
                    en "give the path of a folder that you may read",
                    fr "indiquez le chemin d'un dossier que vous pouvez lire",
                    de "geben Sie den Pfad eines Ordners an, den Sie lesen dürfen"
                ))
            }
            Self::Scratch(none) => none.problem(),
        }
        .because(self)
    }
}

#[cfg(test)]
mod tests;
