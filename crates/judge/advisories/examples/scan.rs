//! Matches packages against the compact file: `scan FILE < packages`.
//!
//! Each line is a package: ecosystem, name, version, source name and source version, separated by
//! tabs, such as `dpkg-query -W -f 'Debian:12\t${Package}\t${Version}\t${source:Package}\t${source:Version}\n'`
//! writes them. Prints one line for each match: ecosystem,
//! source, canonical id, installed, fix, severity, who rates it, priority, how many binary packages.

use std::io::{self, BufRead, Write};
use std::time::Instant;
use vigie_advisories::Advisories;
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::package::{Package, SourcePackage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).ok_or("usage: scan FILE < packages")?;
    let bytes = std::fs::read(file)?;
    let mut packages = Vec::new();
    for line in io::stdin().lock().lines() {
        packages.extend(package(&line?));
    }
    let started = Instant::now();
    let advisories = Advisories::open(bytes)?;
    let opened = started.elapsed();
    let matches = advisories.match_packages(&packages)?;
    let matched = started.elapsed();
    let occurrences = advisories.occurrences(&matches, &Asset::new(AssetKind::Host, "here", "here"))?;
    let done = started.elapsed();

    let mut stdout = io::stdout().lock();
    for (it, occurrence) in matches.iter().zip(&occurrences) {
        writeln!(
            stdout,
            "{}\t{}\t{}\t{}\t{}\t{}\t{:?}\t{}\t{}",
            it.ecosystem,
            it.package,
            it.vulnerability.id,
            it.installed,
            it.fixed.as_deref().unwrap_or("-"),
            it.severity,
            it.rated_by,
            occurrence.priority().number(),
            it.packages.len(),
        )?;
    }
    let mut stderr = io::stderr().lock();
    writeln!(
        stderr,
        "{} packages, {} matches; opened {opened:?}, matched {:?}, described {:?}",
        packages.len(),
        matches.len(),
        matched - opened,
        done - matched
    )?;
    Ok(())
}

fn package(line: &str) -> Option<Package> {
    let mut columns = line.split('\t');
    let (ecosystem, name, version) = (columns.next()?, columns.next()?, columns.next()?);
    let source = columns.next().zip(columns.next()).filter(|(name, _)| !name.is_empty());
    Some(Package {
        ecosystem: ecosystem.to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        architecture: None,
        source: source.map(|(name, version)| SourcePackage { name: name.to_owned(), version: version.to_owned() }),
    })
}
