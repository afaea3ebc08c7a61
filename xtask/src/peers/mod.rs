//! `cargo xtask bench-peers`: our scans and those of the peers that are installed, one after the other on the same
//! input, with the time and memory of each as GNU time measures them.
//!
//! A peer that is not installed is named as such. Each runs with what it would use on a machine without network;
//! a peer that wants a database of its own brings it. Where none has one, the lists of components can still be
//! compared ([`components`]). Times are only worth something on an idle machine.

mod components;

use crate::error::Error;
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What to compare on.
#[derive(Args)]
pub(crate) struct Peers {
    /// Our program, a release build.
    #[arg(long, value_name = "FILE", default_value = "target/release/vigie")]
    vigie: PathBuf,
    /// A folder in which secrets are sought.
    #[arg(long, value_name = "DIR")]
    tree: Option<PathBuf>,
    /// An archive of `docker save` whose packages are judged.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// A folder, an archive of `docker save` or an OCI layout whose components are listed by all, once.
    #[arg(long, value_name = "PATH")]
    components: Vec<PathBuf>,
    /// A folder with programs of peers; beside those on the path.
    #[arg(long, value_name = "DIR")]
    bin: Vec<PathBuf>,
    /// How often each runs; the fastest counts.
    #[arg(long, default_value_t = 3)]
    times: u32,
}

/// One program on one input.
struct Run {
    name: &'static str,
    program: String,
    arguments: Vec<String>,
    /// How many findings its answer has.
    count: fn(&str) -> Option<usize>,
}

/// What one run took.
struct Took {
    wall_s: f64,
    processor_s: f64,
    memory_kb: u64,
    findings: Option<usize>,
    answer: String,
}

/// Runs all and gives a table in Markdown.
pub(crate) fn run(peers: &Peers) -> Result<String, Error> {
    let mut table = "| Who | Input | Wall | Processor | Memory | Findings |\n|---|---|---|---|---|---|\n".to_owned();
    let inputs = [("secrets", &peers.tree, trees as fn(&str, &str) -> Vec<Run>), ("image", &peers.image, images)];
    for (input, path, runs) in inputs {
        let Some(path) = path else { continue };
        for run in runs(&peers.vigie.display().to_string(), &path.display().to_string()) {
            table.push_str(&row(input, &run, peers)?);
        }
    }
    for target in &peers.components {
        table.push_str(&components::rows(peers, target)?);
    }
    Ok(table)
}

fn row(input: &str, run: &Run, peers: &Peers) -> Result<String, Error> {
    let Some(program) = is_there(&run.program, &peers.bin) else {
        return Ok(format!("| {} | {input} | not installed | | | |\n", run.name));
    };
    let mut best: Option<Took> = None;
    for _ in 0..peers.times.max(1) {
        let took = took(run, &program)?;
        if best.as_ref().is_none_or(|best| took.wall_s < best.wall_s) {
            best = Some(took);
        }
    }
    Ok(best.map_or_else(String::new, |took| line(input, run.name, &took)))
}

/// A line of the table.
fn line(input: &str, name: &str, took: &Took) -> String {
    let Took { wall_s, processor_s, memory_kb, findings, .. } = took;
    let findings = findings.map_or_else(|| "?".to_owned(), |count| count.to_string());
    format!("| {name} | {input} | {wall_s:.2} s | {processor_s:.2} s | {} MB | {findings} |\n", memory_kb / 1024)
}

/// Where a program is: a file, in one of these folders, or on the path.
fn is_there(program: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let within = folders.iter().cloned().chain(std::env::split_paths(&path)).map(|folder| folder.join(program));
    std::iter::once(PathBuf::from(program)).filter(|it| it.components().count() > 1).chain(within).find(|path| path.is_file())
}

fn took(run: &Run, program: &Path) -> Result<Took, Error> {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-q", "-f", "\n%e %U %S %M", "--"]).arg(program).args(&run.arguments);
    let failed = |error| Error::wrong(format!("GNU time cannot be started ({error}): install the package `time`"));
    let output = command.stdin(Stdio::null()).output().map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let figures: Vec<f64> = said.lines().last().unwrap_or_default().split(' ').filter_map(|figure| figure.parse().ok()).collect();
    let [wall_s, user_s, system_s, memory_kb] = figures[..] else {
        return Err(Error::wrong(format!("{} gave no figures: {}", run.name, said.trim())));
    };
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    let findings = (run.count)(&answer);
    Ok(Took { wall_s, processor_s: user_s + system_s, memory_kb: memory_kb as u64, findings, answer })
}

/// Secrets in a folder.
fn trees(vigie: &str, tree: &str) -> Vec<Run> {
    vec![
        of("Vigie", vigie, &["scan", "fs", tree, "--scanners", "secret", "--format", "json"], |out| members(out, "/findings")),
        of("Kingfisher", "kingfisher", &["scan", tree, "--no-validate", "--format", "jsonl"], |out| {
            Some(out.lines().filter(|line| line.contains("\"rule\"")).count())
        }),
        of("Gitleaks", "gitleaks", &["dir", tree, "--no-banner", "--exit-code", "0", "-f", "json", "-r", "-"], |out| {
            members(out, "")
        }),
        of("detect-secrets", "detect-secrets", &["scan", "--all-files", "--no-verify", tree], |out| {
            let answer: Value = serde_json::from_str(out).ok()?;
            Some(answer["results"].as_object()?.values().filter_map(Value::as_array).map(Vec::len).sum())
        }),
        of("Trivy", "trivy", &["fs", tree, "--scanners", "secret", "--offline-scan", "-f", "json", "-q"], in_trivy),
    ]
}

/// Packages of an image.
fn images(vigie: &str, image: &str) -> Vec<Run> {
    let ours = ["scan", "image", image, "--scanners", "vulnerability", "--format", "json"];
    let anew = [&ours[..], &["--no-cache"]].concat();
    vec![
        of("Vigie", vigie, &anew, |out| members(out, "/findings")),
        of("Vigie, the image known", vigie, &ours, |out| members(out, "/findings")),
        of(
            "Trivy",
            "trivy",
            &["image", "--input", image, "--scanners", "vuln", "--skip-db-update", "--skip-java-db-update", "-f", "json", "-q"],
            in_trivy,
        ),
        of("Grype", "grype", &[&format!("docker-archive:{image}"), "-o", "json", "-q"], |out| members(out, "/matches")),
    ]
}

fn of(name: &'static str, program: &str, arguments: &[&str], count: fn(&str) -> Option<usize>) -> Run {
    Run { name, program: program.to_owned(), arguments: arguments.iter().map(|&word| word.to_owned()).collect(), count }
}

/// How many members the list at a JSON pointer has.
fn members(out: &str, pointer: &str) -> Option<usize> {
    let answer: Value = serde_json::from_str(out).ok()?;
    answer.pointer(pointer)?.as_array().map(Vec::len)
}

/// How many components a CycloneDX document has.
fn in_list(out: &str) -> Option<usize> {
    members(out, "/components")
}

fn in_trivy(out: &str) -> Option<usize> {
    let answer: Value = serde_json::from_str(out).ok()?;
    let of_result = |result: &Value| {
        ["Vulnerabilities", "Secrets"].iter().filter_map(|list| Some(result[list].as_array()?.len())).sum::<usize>()
    };
    Some(answer["Results"].as_array().into_iter().flatten().map(of_result).sum::<usize>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_a_program_and_counts_its_answer() {
        let Some(echo) = is_there("echo", &[]).filter(|_| Path::new("/usr/bin/time").is_file()) else {
            println!("skipped: GNU time is not installed");
            return;
        };
        let run = of("echo", "echo", &[r#"{"findings": [1, 2]}"#], |out| members(out, "/findings"));
        let took = took(&run, &echo).unwrap();
        assert!(took.wall_s < 60.0 && took.memory_kb > 0 && took.findings == Some(2));
        assert!(line("x", "echo", &took).ends_with(" MB | 2 |\n"));
        assert_eq!(is_there("no-such-program", &[]), None);
    }

    #[test]
    fn answers_of_peers_are_counted() {
        let trivy = r#"{"Results": [{"Vulnerabilities": [1, 2]}, {"Secrets": [1]}, {}]}"#;
        assert_eq!(in_trivy(trivy), Some(3));
        assert_eq!(members("[]", ""), Some(0));
        assert_eq!(members("nothing", ""), None);
    }
}
