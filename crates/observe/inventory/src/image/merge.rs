//! Lays layers on each other, base to top, as a container runtime does.
//!
//! Rules of the OCI image specification ("Applying Changesets"): a later layer's file replaces what lies at its
//! path, and everything below when that was a directory; a whiteout deletes; an opaque directory hides what
//! layers below have in it. Deliberately not here: links that lead through directories of another layer.
//!
//! Holds: the result is the same as that of laying all files on each other (property test). A package keeps
//! the layer that first brought it for as long as each newer version of its database still lists it.

use crate::layer::{FileFacts, LayerFacts, cache_folder};
use crate::packages::os::ecosystem_of;
use crate::packages::owned::{self, below_usr};
use crate::walk::path;
use std::collections::{BTreeMap, HashMap, HashSet};
use vigie_model::component::Component;
use vigie_model::host::{OsRelease, Password, User};
use vigie_model::image::{CacheLeft, FileMode, Remark, Waste};
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::package::Package;

/// Names of package systems that stand where a distribution's name belongs, until it is known.
const SYSTEMS: [&str; 3] = ["dpkg", "apk", "rpm"];
/// The most hidden files that are listed; their bytes are all counted.
const WASTE_MAX: usize = 500;

/// What is there when all layers lie on each other.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Merged {
    pub(crate) os: Option<OsRelease>,
    pub(crate) components: Vec<Component>,
    pub(crate) elevated: Vec<FileMode>,
    pub(crate) world_writable: Vec<FileMode>,
    pub(crate) programs: Vec<FileMode>,
    pub(crate) accounts: Option<Vec<User>>,
    pub(crate) caches: Vec<CacheLeft>,
    pub(crate) waste: Vec<Waste>,
    /// Bytes of each layer that later ones hide.
    pub(crate) wasted_bytes: Vec<u64>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) gaps: Vec<Gap>,
}

/// Merges layers, the base first. With `numbered`, things are told by which layer they came.
pub(crate) fn merge(layers: &[LayerFacts], numbered: bool) -> Merged {
    let stack = Stack { layers };
    let mut merged = Merged { wasted_bytes: vec![0; layers.len()], ..Merged::default() };
    let files = stack.files();
    merged.os = stack.release();
    merged.accounts = stack.accounts();
    merged.components = components(&files, merged.os.as_ref());
    if merged.os.is_none() && merged.components.iter().any(|component| SYSTEMS.contains(&component.package.ecosystem.as_str())) {
        let detail = "no os-release: which distribution the packages belong to is unknown";
        merged.gaps.push(Gap::new("etc/os-release", Obstacle::Missing, detail));
    }
    let mut published = None;
    for (number, layer) in (0_u32..).zip(layers) {
        let index = number as usize;
        let there = |path: &str| stack.hidden_by(index, path).is_none();
        let modes = |modes: &[FileMode]| -> Vec<FileMode> {
            modes.iter().filter(|file| there(&file.path)).map(|file| FileMode { layer: Some(number), ..file.clone() }).collect()
        };
        merged.elevated.extend(modes(&layer.elevated));
        merged.world_writable.extend(modes(&layer.world_writable));
        merged.programs.extend(modes(&layer.programs));
        merged.caches.extend(caches(layer, number, &there));
        for (path, bytes) in &layer.large {
            if let Some(hidden_by) = stack.hidden_by(index, path) {
                merged.wasted_bytes[index] += bytes;
                merged.waste.push(Waste { path: path.clone(), bytes: *bytes, layer: number, hidden_by });
            }
        }
        for remark in &layer.remarks {
            let hidden_by = stack.hidden_by(index, &remark.path);
            let published = published.get_or_insert_with(|| marks(&files)).holds(&remark.path, number);
            merged.remarks.push(Remark { layer: Some(number), hidden_by, published, ..remark.clone() });
        }
        merged.gaps.extend(layer.gaps.iter().cloned());
    }
    merged.waste.sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.cmp(other)));
    merged.waste.truncate(WASTE_MAX);
    merged.elevated.sort_unstable();
    merged.world_writable.sort_unstable();
    merged.programs.sort_unstable();
    if !numbered {
        merged.components.iter_mut().for_each(|component| component.layer = None);
        merged.remarks.iter_mut().for_each(|remark| remark.layer = None);
    }
    merged
}

/// The layers, and what hides what.
struct Stack<'a> {
    layers: &'a [LayerFacts],
}

/// A path with the hashes that can hide it.
struct Hashes {
    /// Of itself and of all directories above it, and of a directory in its place.
    replaced: Vec<u64>,
    /// Of all directories above it, the root included.
    opaque: Vec<u64>,
}

impl Hashes {
    fn of(path: &str) -> Self {
        let mut replaced: Vec<u64> = path::with_parents(path).map(path::hash).collect();
        let opaque = replaced.iter().skip(1).copied().chain([path::hash("")]).collect();
        replaced.push(path::hash_parts(path, ""));
        Self { replaced, opaque }
    }

    fn hidden_by(&self, layer: &LayerFacts) -> bool {
        let any =
            |hashes: &[u64], sorted: &[u64]| !sorted.is_empty() && hashes.iter().any(|hash| sorted.binary_search(hash).is_ok());
        any(&self.replaced, &layer.replaced) || any(&self.opaque, &layer.opaque)
    }
}

/// A file that is there, with the layer that brought this version of it.
struct There<'a> {
    facts: &'a FileFacts,
    layer: u32,
    hashes: Hashes,
    /// The layer of each package, where that is an earlier one.
    first: HashMap<&'a Package, u32>,
}

impl<'a> Stack<'a> {
    /// The layer above `layer` that hides a path of it.
    fn hidden_by(&self, layer: usize, path: &str) -> Option<u32> {
        let above = self.layers.get(layer + 1..)?;
        if above.is_empty() {
            return None;
        }
        let hashes = Hashes::of(path);
        (0_u32..).zip(self.layers).skip(layer + 1).find(|(_, above)| hashes.hidden_by(above)).map(|(number, _)| number)
    }

    /// Files that told of packages and are there in the end.
    fn files(&self) -> Vec<There<'a>> {
        let mut files: BTreeMap<&str, There<'a>> = BTreeMap::new();
        for (number, layer) in (0_u32..).zip(self.layers) {
            let mut older: HashMap<&str, There<'a>> = HashMap::new();
            let gone: Vec<&str> = files.iter().filter(|(_, file)| file.hashes.hidden_by(layer)).map(|(path, _)| *path).collect();
            for path in gone {
                if let Some(file) = files.remove(path) {
                    older.insert(path, file);
                }
            }
            for facts in &layer.found {
                let before = older.get(facts.path.as_str());
                let first = before.map(|before| before.shared_with(facts)).unwrap_or_default();
                files.insert(&facts.path, There { facts, layer: number, hashes: Hashes::of(&facts.path), first });
            }
        }
        files.into_values().collect()
    }

    /// The top-most accounts, each with what the top-most passwords say of it.
    fn accounts(&self) -> Option<Vec<User>> {
        let there = |path: &str| {
            let layers = self.layers.iter().enumerate().rev();
            layers.filter(move |(index, _)| self.hidden_by(*index, path).is_none()).map(|(_, layer)| layer).collect::<Vec<_>>()
        };
        let mut users = there("etc/passwd").into_iter().find_map(|layer| layer.passwd.clone())?;
        let shadow = there("etc/shadow").into_iter().find_map(|layer| layer.shadow.as_ref());
        let passwords: HashMap<&str, Password> =
            shadow.into_iter().flatten().map(|(name, password)| (name.as_str(), *password)).collect();
        for user in users.iter_mut().filter(|user| user.password == Password::Unknown) {
            user.password = passwords.get(user.name.as_str()).copied().unwrap_or_default();
        }
        Some(users)
    }

    /// What the top-most os-release says; `/etc` goes before `/usr/lib` (os-release(5)).
    fn release(&self) -> Option<OsRelease> {
        let all =
            self.layers.iter().enumerate().flat_map(|(index, layer)| layer.releases.iter().map(move |release| (index, release)));
        let there = all.filter(|(index, (path, _))| self.hidden_by(*index, path).is_none());
        there.min_by(|(_, (one, _)), (_, (other, _))| one.cmp(other)).map(|(_, (_, release))| release.clone())
    }
}

impl<'a> There<'a> {
    /// Packages that this version and a newer one both list, with the layer that brought them.
    fn shared_with(&self, newer: &'a FileFacts) -> HashMap<&'a Package, u32> {
        let known: HashMap<&Package, u32> =
            self.facts.components.iter().map(|component| (&component.package, self.layer_of(&component.package))).collect();
        newer.components.iter().filter_map(|component| Some((&component.package, *known.get(&component.package)?))).collect()
    }

    fn layer_of(&self, package: &Package) -> u32 {
        self.first.get(package).copied().unwrap_or(self.layer)
    }
}

/// Marks of files that packages of the distribution brought, with the last layer in which a package wrote them.
struct Marks(HashMap<u32, u32>);

impl Marks {
    /// Whether the file is as its package brought it: what a later layer changes is somebody's own.
    fn holds(&self, path: &str, layer: u32) -> bool {
        owned::mark(path).and_then(|mark| self.0.get(&mark)).is_some_and(|written| layer <= *written)
    }
}

fn marks(files: &[There<'_>]) -> Marks {
    let mut marks = HashMap::new();
    for file in files {
        for mark in &file.facts.owned_marks {
            let written = marks.entry(*mark).or_insert(file.layer);
            *written = file.layer.max(*written);
        }
    }
    Marks(marks)
}

fn components(files: &[There<'_>], os: Option<&OsRelease>) -> Vec<Component> {
    let owned: HashMap<&str, &str> =
        files.iter().flat_map(|file| &file.facts.owned).map(|(path, package)| (below_usr(path), package.as_str())).collect();
    let superseded: HashSet<&str> = files.iter().flat_map(|file| &file.facts.supersedes).map(String::as_str).collect();
    let mut systems: HashSet<&Package> = HashSet::new();
    let mut components = Vec::new();
    for file in files.iter().filter(|file| !superseded.contains(file.facts.path.as_str())) {
        let owner = owned.get(below_usr(&file.facts.path)).copied();
        for component in &file.facts.components {
            let of_system = SYSTEMS.contains(&component.package.ecosystem.as_str());
            // The same database may lie at two places, as on systems where one is a link to the other.
            if of_system && !systems.insert(&component.package) {
                continue;
            }
            let mut component = component.clone();
            component.layer = Some(file.layer_of(&component.package));
            if of_system {
                component.package.ecosystem = ecosystem(os, component.package.ecosystem);
            } else if component.owned_by.is_none() {
                component.owned_by = owner.map(str::to_owned);
            }
            components.push(component);
        }
    }
    components.sort_unstable();
    components
}

/// The distribution's ecosystem in the place of the package system's name, where it is known.
fn ecosystem(os: Option<&OsRelease>, system: String) -> String {
    os.and_then(|os| ecosystem_of(os, &system)).unwrap_or(system)
}

/// What is left behind and still there, summed up by manager and folder.
fn caches(layer: &LayerFacts, number: u32, there: &dyn Fn(&str) -> bool) -> Vec<CacheLeft> {
    let mut sums: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for child in layer.caches.iter().filter(|child| there(&child.path)) {
        *sums.entry((&child.manager, cache_folder(&child.path))).or_default() += child.bytes;
    }
    let left = |((manager, path), bytes): ((&str, &str), u64)| CacheLeft {
        manager: manager.to_owned(),
        path: path.to_owned(),
        bytes,
        layer: Some(number),
    };
    sums.into_iter().map(left).collect()
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
