//! Gives packages that declare no licence those of the files that came with them.

use super::Recognised;
use super::watch::of_remark;
use std::collections::BTreeMap;
use vigie_model::component::Component;
use vigie_model::image::Remark;

/// The least confidence, in hundredths, with which a licence is concluded.
const SURE: u8 = 75;
/// The most licences that are concluded for one package.
const LICENCES_MAX: usize = 16;
/// Databases of packages whose `copyright` files lie in `usr/share/doc`.
const DPKG: &str = "var/lib/dpkg/";

/// Fills [`Component::concluded`] of those that declare nothing.
pub fn conclude(components: &mut [Component], remarks: &[Remark]) {
    let mut by_folder: BTreeMap<&str, Vec<Recognised>> = BTreeMap::new();
    for remark in remarks.iter().filter(|remark| remark.hidden_by.is_none()) {
        let Some(found) = of_remark(remark) else { continue };
        let folder = remark.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        by_folder.entry(folder).or_default().extend(found);
    }
    for component in components.iter_mut().filter(|component| component.licences.is_empty()) {
        let mut found: Vec<&Recognised> =
            folders(component).iter().filter_map(|folder| by_folder.get(folder.as_str())).flatten().collect();
        found.retain(|licence| licence.confidence >= SURE);
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found.dedup_by(|one, other| one.id == other.id);
        component.concluded = found.iter().take(LICENCES_MAX).map(|licence| licence.id.clone()).collect();
    }
}

/// Where the licence files of a package lie.
fn folders(component: &Component) -> Vec<String> {
    let (path, package) = (&component.path, &component.package);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = path.rsplit('/').next().unwrap_or_default();
    let shared = |kind: &str| format!("usr/share/{kind}/{}", package.name);
    if path.starts_with(DPKG) || path.contains("/dpkg/") {
        return vec![shared("doc")];
    }
    if folder.ends_with("lib/apk/db") || folder.ends_with("/rpm") {
        return vec![shared("licenses")];
    }
    if folder.ends_with(".dist-info") || folder.ends_with(".egg-info") {
        return vec![folder.to_owned(), format!("{folder}/licenses"), format!("{folder}/license_files")];
    }
    match name {
        // A list of many packages says nothing of where one of them lies.
        "modules.txt" => vec![format!("{folder}/{}", package.name)],
        "package.json" | "composer.json" | "DESCRIPTION" => vec![folder.to_owned()],
        _ if name.ends_with(".gemspec") => Vec::new(),
        "installed.json" if folder.ends_with("vendor/composer") => {
            let vendor = folder.strip_suffix("/composer").unwrap_or(folder);
            vec![format!("{vendor}/{}", package.name)]
        }
        _ => Vec::new(),
    }
}
