//! Which crate may know which: the arrows of ARCHITECTURE.md, held over `cargo metadata`.
//!
//! Two looks at one graph. [`forbidden`] applies the rules of the floors: a room never knows its
//! neighbour, a judge knows nothing that reads a clock, a file or a socket, and a heavy dependency
//! lives in one room. [`listed`] writes the arrows down as text; the text is checked in
//! (`xtask/arrows.txt`), so that a new arrow, even an allowed one, shows in a review.

use crate::error::{Error, read, write};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::path::Path;

/// The arrows as they are checked in.
const GOLDEN: &str = "xtask/arrows.txt";

/// What a judge never depends on: everything that could look at the world by itself.
const IMPURE: [&str; 14] = [
    "axum",
    "jiff",
    "libc",
    "memmap2",
    "nix",
    "notify",
    "parquet",
    "reqwest",
    "rusqlite",
    "rustix",
    "tempfile",
    "tokio",
    "tracing-subscriber",
    "ureq",
];

/// Heavy dependencies and the crates that may have each. The program asks the server's router
/// without a socket and therefore knows axum's types.
const HEAVY: [(&str, &[&str]); 15] = [
    ("argon2", &["vigie-access"]),
    ("arrow-array", &["vigie-lake"]),
    ("async-nats", &["vigie-collect"]),
    ("axum", &["vigie", "vigie-server"]),
    ("axum-server", &["vigie-server"]),
    ("memmap2", &["vigie-kit"]),
    ("object_store", &["vigie-objects"]),
    ("parquet", &["vigie-lake"]),
    ("rcgen", &["vigie-server"]),
    ("rsigma-parser", &["vigie-detect"]),
    ("rskafka", &["vigie-collect"]),
    ("rusqlite", &["vigie-db"]),
    ("rust-embed", &["vigie-server"]),
    ("syslog_loose", &["vigie-collect"]),
    ("ureq", &["vigie-kit"]),
];

/// A dependency of one of our crates.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    from: String,
    to: String,
    /// Only for tests and benches.
    dev: bool,
}

/// Where a crate stands, from its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Floor {
    Base,
    Observe,
    Judge,
    Keep,
    Act,
    Run,
    Testkit,
    Fuzz,
    Xtask,
}

/// Everything that is wrong with the arrows, one sentence each.
pub(crate) fn problems(root: &Path) -> Result<Vec<String>, Error> {
    let packages = packages(root)?;
    let mut problems: Vec<String> = arrows(&packages).iter().filter_map(|arrow| forbidden(&packages, arrow)).collect();
    let golden = read(&root.join(GOLDEN))?;
    if golden != listed(&packages) {
        problems.push(format!("{GOLDEN} does not list the arrows of today: `cargo xtask tidy --bless`, and read the change"));
    }
    Ok(problems)
}

/// Writes the arrows of today down as the ones that are meant.
pub(crate) fn bless(root: &Path) -> Result<(), Error> {
    write(&root.join(GOLDEN), &listed(&packages(root)?))
}

fn packages(root: &Path) -> Result<Vec<Package>, Error> {
    let mut command = MetadataCommand::new();
    command.current_dir(root).no_deps().other_options(vec!["--offline".to_owned()]);
    let mut packages = command.exec()?.packages;
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(packages)
}

fn arrows(packages: &[Package]) -> Vec<Arrow> {
    let mut arrows: Vec<Arrow> = packages
        .iter()
        .flat_map(|package| {
            package.dependencies.iter().map(|dependency| Arrow {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                dev: dependency.kind == DependencyKind::Development,
            })
        })
        .collect();
    arrows.sort();
    arrows.dedup();
    arrows
}

/// Our own arrows as text, one on each line.
fn listed(packages: &[Package]) -> String {
    let ours = |name: &str| packages.iter().any(|package| *package.name == name);
    let lines = arrows(packages).into_iter().filter(|arrow| ours(&arrow.to)).map(|arrow| {
        let dev = if arrow.dev { " (tests)" } else { "" };
        format!("{} -> {}{dev}\n", arrow.from, arrow.to)
    });
    format!(
        "# Who knows whom. Written by `cargo xtask tidy --bless`; the rules are in xtask/src/arrows.rs.\n{}",
        lines.collect::<String>()
    )
}

/// Why an arrow may not be.
fn forbidden(packages: &[Package], arrow: &Arrow) -> Option<String> {
    let from = floor(packages.iter().find(|package| *package.name == arrow.from)?);
    let Some(target) = packages.iter().find(|package| *package.name == arrow.to) else {
        return foreign(from, arrow);
    };
    let to = floor(target);
    let allowed = match (from, to) {
        (Floor::Xtask, Floor::Base) => true,
        (_, Floor::Testkit) => arrow.dev,
        // Examples of configuration are written as people write it, and read as the inventory reads it.
        (Floor::Judge, Floor::Observe) => arrow.dev && arrow.from == "vigie-checks" && arrow.to == "vigie-inventory",
        (_, Floor::Fuzz | Floor::Xtask) => false,
        // Foreign bytes are read in every room.
        (Floor::Fuzz, _) => true,
        // The program is the server with a face; the server has its intake in a room of its own.
        (Floor::Run, Floor::Run) => {
            [("vigie", "vigie-server"), ("vigie-server", "vigie-pipeline")].contains(&(arrow.from.as_str(), arrow.to.as_str()))
        }
        (Floor::Run, _) => true,
        (Floor::Judge, Floor::Base) => ["vigie-model", "vigie-catalogue"].contains(&arrow.to.as_str()),
        (Floor::Base, Floor::Base) => height(&arrow.to) < height(&arrow.from),
        (Floor::Observe | Floor::Keep | Floor::Act | Floor::Testkit, Floor::Base) => true,
        _ => false,
    };
    (!allowed).then(|| format!("{} may not know {}: {from:?} -> {to:?} is no arrow of ARCHITECTURE.md", arrow.from, arrow.to))
}

/// Why a dependency on somebody else's crate may not be.
fn foreign(from: Floor, arrow: &Arrow) -> Option<String> {
    if arrow.dev {
        return None;
    }
    if from == Floor::Judge && IMPURE.contains(&arrow.to.as_str()) {
        return Some(format!(
            "{} is a judge and may not know {}: judges have no clock, no file, no socket",
            arrow.from, arrow.to
        ));
    }
    let (_, rooms) = HEAVY.iter().find(|(heavy, _)| *heavy == arrow.to)?;
    let is_home = rooms.contains(&arrow.from.as_str());
    (!is_home).then(|| format!("{} may not know {}: it is heavy and lives in {}", arrow.from, arrow.to, rooms.join(" and ")))
}

/// The order of the ground floor: each may know those below it.
fn height(name: &str) -> u8 {
    match name {
        "vigie-model" => 0,
        "vigie-catalogue" | "vigie-kit" => 1,
        _ => 2,
    }
}

fn floor(package: &Package) -> Floor {
    let path = package.manifest_path.as_str();
    let within = |folder: &str| path.contains(&format!("/crates/{folder}/"));
    match () {
        () if within("base") => Floor::Base,
        () if within("observe") => Floor::Observe,
        () if within("judge") => Floor::Judge,
        () if within("keep") => Floor::Keep,
        () if within("act") => Floor::Act,
        () if within("run") => Floor::Run,
        () if within("testkit") => Floor::Testkit,
        () if path.ends_with("/fuzz/Cargo.toml") => Floor::Fuzz,
        () => Floor::Xtask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arrows_hold() {
        let problems = problems(&crate::root()).unwrap();
        assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    }

    #[test]
    fn wrong_arrows_are_noticed() {
        let packages = packages(&crate::root()).unwrap();
        let why = |from: &str, to: &str, dev: bool| {
            forbidden(&packages, &Arrow { from: from.into(), to: to.into(), dev }).unwrap_or_default()
        };
        for (from, to) in [
            ("vigie-model", "vigie-kit"),
            ("vigie-kit", "vigie-catalogue"),
            ("vigie-checks", "vigie-kit"),
            ("vigie-checks", "vigie-detect"),
            ("vigie-lake", "vigie-ledger"),
            ("vigie-collect", "vigie-lake"),
            ("vigie-server", "vigie"),
            ("vigie-lake", "vigie-testkit"),
            ("vigie-server", "xtask"),
            ("vigie-lake", "vigie-fuzz"),
            ("vigie-detect", "tokio"),
            ("vigie-ledger", "rusqlite"),
        ] {
            assert!(why(from, to, false).contains("may not know"), "{from} -> {to}");
        }
        for (from, to, dev) in [
            ("vigie", "vigie-server", false),
            ("vigie-db", "vigie-model", false),
            ("vigie-checks", "vigie-catalogue", false),
            ("vigie-lake", "vigie-testkit", true),
            ("vigie-detect", "regex", false),
        ] {
            assert_eq!(why(from, to, dev), "", "{from} -> {to}");
        }
    }
}
