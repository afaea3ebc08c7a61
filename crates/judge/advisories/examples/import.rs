//! Builds the compact file from folders and files: `import OUT PATH…`.
//!
//! Under a folder, `*.zip` and `*.json` are OSV records, files whose name has `known_exploited` are
//! CISA's catalogue, files whose name has `epss` are scores. For measuring (`/usr/bin/time -v`) and for
//! looking at what a feed does; the program itself is `vigie db import`.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use vigie_advisories::Advisories;
use vigie_advisories::import::Importer;
use vigie_model::time::Timestamp;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("usage: import OUT PATH…")?;
    let mut files = Vec::new();
    arguments.try_for_each(|path| collect(&path, &mut files))?;
    files.sort();

    let started = Instant::now();
    let mut importer = Importer::new(Timestamp::EPOCH);
    for path in &files {
        add(&mut importer, path)?;
    }
    let read = started.elapsed();
    let report = importer.finish(BufWriter::new(File::create(&out)?))?;

    let mut stdout = io::stdout().lock();
    writeln!(stdout, "read in {read:?}, written after {:?}", started.elapsed())?;
    for source in &report.sources {
        writeln!(
            stdout,
            "{}: {} used, {} withdrawn, {} broken, whole: {}, unknown: {:?}",
            source.name, source.used, source.withdrawn, source.broken, source.whole, source.unknown_ecosystems
        )?;
        for problem in &source.problems {
            writeln!(stdout, "  {} ({})", problem.said().en, problem.detail)?;
        }
    }
    writeln!(
        stdout,
        "{} vulnerabilities, {} packages, {} rows, {} bytes, left out: {:?}",
        report.vulnerabilities, report.packages, report.rows, report.bytes, report.left_out
    )?;
    let status = Advisories::open(std::fs::read(&out)?)?.status().clone();
    writeln!(stdout, "kev {} of {}, epss {} of {}", status.kev, status.kev_listed, status.epss, status.epss_listed)?;
    for ecosystem in status.ecosystems {
        writeln!(stdout, "{}: {} vulnerabilities, newest {:?}", ecosystem.name, ecosystem.records, ecosystem.newest)?;
    }
    Ok(())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        let wanted = path.extension().is_some_and(|extension| ["zip", "json", "csv", "gz"].iter().any(|it| extension == *it));
        if path.is_dir() || wanted {
            collect(&path, files)?;
        }
    }
    Ok(())
}

fn add(importer: &mut Importer, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let name = path.display().to_string();
    let reader = BufReader::new(File::open(path)?);
    if name.contains("known_exploited") {
        importer.add_kev(&name, reader);
    } else if name.contains("epss") {
        importer.add_epss(&name, reader);
    } else if name.ends_with(".zip") {
        importer.add_osv_zip(&name, reader, &mut |_| {})?;
    } else {
        importer.add_osv_json(&name, reader)?;
    }
    Ok(())
}
