//! `cargo xtask goldens`: our program on the fixtures of Trivy's integration tests and of Grype's matchers, beside what
//! those tests expect.
//!
//! The fixtures stay where they are: checkouts that the user names. Trivy's fixture databases are imported as
//! records of OSV; each golden report is then compared by packages (name and version) and by vulnerabilities (id,
//! package, version). A fixture that is an image, which their repository does not have, is stood for by a list of
//! the packages that its golden names: that asks the matching alone, and what should *not* match is not asked.

mod feed;
mod grype;
mod lists;
mod vunnel;
mod yaml;

use self::feed::Feed;
use crate::error::Error;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose fixtures, and what to ask.
#[derive(Args)]
pub(crate) struct Goldens {
    /// A checkout of Trivy: the golden reports of its integration tests.
    #[arg(long, value_name = "DIR")]
    trivy: Option<PathBuf>,
    /// A checkout of Grype: the tests of its matchers.
    #[arg(long, value_name = "DIR")]
    grype: Option<PathBuf>,
    /// Our program.
    #[arg(long, value_name = "FILE", default_value = "target/debug/vigie")]
    vigie: PathBuf,
}

/// Golden reports that ask for something other than what is there: a filter of theirs.
const FILTERED: [&str; 10] = [
    "alpine-39-high-critical",
    "alpine-39-ignore-cveids",
    "alpine-39-skip",
    "centos-7-ignore-unfixed",
    "centos-7-medium",
    "debian-buster-ignore-unfixed",
    "fluentd-multiple-lockfiles-short.cdx",
    "gomod-skip",
    "gomod-vex",
    "ubuntu-1804-ignore-unfixed",
];

/// A finding or a package, as it is compared.
type Line = String;

/// One golden beside our answer.
struct Compared {
    name: String,
    packages: Option<Sets>,
    vulnerabilities: Sets,
}

struct Sets {
    same: usize,
    only_theirs: BTreeSet<Line>,
    only_ours: BTreeSet<Line>,
}

impl Sets {
    fn of(theirs: &BTreeSet<Line>, ours: &BTreeSet<Line>) -> Self {
        Self {
            same: theirs.intersection(ours).count(),
            only_theirs: theirs.difference(ours).cloned().collect(),
            only_ours: ours.difference(theirs).cloned().collect(),
        }
    }
}

/// Compares all and gives tables in Markdown.
pub(crate) fn run(goldens: &Goldens) -> Result<String, Error> {
    let work = std::env::temp_dir().join(format!("vigie-goldens-{}", std::process::id()));
    let mut said = String::new();
    if let Some(trivy) = &goldens.trivy {
        said.push_str(&table(&of_trivy(trivy, &goldens.vigie, &work.join("trivy"))?));
    }
    if let Some(grype) = &goldens.grype {
        let (compared, left_out) = grype::compare(grype, &goldens.vigie, &work.join("grype"))?;
        said.push_str(&table(&compared));
        said.push_str(&format!("not asked: {left_out} tests\n"));
    }
    if work.exists() {
        fs::remove_dir_all(&work).map_err(|source| Error::Write { path: work, source })?;
    }
    Ok(said)
}

fn of_trivy(trivy: &Path, vigie: &Path, work: &Path) -> Result<Vec<Compared>, Error> {
    let testdata = trivy.join("integration/testdata");
    let feed = imported(&testdata, vigie, work)?;
    let mut compared = Vec::new();
    for path in files(&testdata, ".json.golden")? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().trim_end_matches(".json.golden").to_owned();
        let golden: Value = serde_json::from_slice(&read(&path)?).map_err(|source| Error::Json { path: path.clone(), source })?;
        let golden = lists::as_report(golden);
        if FILTERED.contains(&name.as_str()) || golden.get("Results").is_none() {
            continue;
        }
        let target = trivy.join("integration").join(text(&golden["ArtifactName"]));
        compared.extend(Asked { vigie, work, feed: &feed }.compare(name, &golden, &target)?);
    }
    Ok(compared)
}

/// Imports the fixture databases.
fn imported(testdata: &Path, vigie: &Path, work: &Path) -> Result<Feed, Error> {
    let mut feed = Feed::default();
    let mut databases = files(&testdata.join("fixtures/db"), ".yaml")?;
    // Products of Red Hat go first: the others name them.
    databases.sort_by_key(|path| !path.ends_with("cpe.yaml"));
    for path in databases {
        feed.add(&yaml::read(&path, &String::from_utf8_lossy(&read(&path)?))?);
    }
    let folder = work.join("feed");
    fs::create_dir_all(&folder).map_err(|source| Error::Write { path: folder.clone(), source })?;
    for (number, record) in feed.records.iter().enumerate() {
        write(&folder.join(format!("{number}.json")), &record.to_string())?;
    }
    ask(vigie, work, &["db", "import", &folder.display().to_string()])?;
    Ok(feed)
}

struct Asked<'a> {
    vigie: &'a Path,
    work: &'a Path,
    feed: &'a Feed,
}

impl Asked<'_> {
    fn compare(&self, name: String, golden: &Value, target: &Path) -> Result<Option<Compared>, Error> {
        let theirs = vulnerabilities_of(golden);
        let is_list = golden["ArtifactType"] == "cyclonedx" || !target.exists();
        if theirs.is_empty() && (is_list || packages_of(golden).is_empty()) {
            return Ok(None);
        }
        let mut arguments = match (target.exists(), text(&golden["ArtifactType"])) {
            (true, "cyclonedx") => vec!["scan".to_owned(), "sbom".to_owned(), target.display().to_string()],
            (true, _) => vec!["scan".to_owned(), "fs".to_owned(), target.display().to_string()],
            (false, _) => {
                let list = self.work.join("list.json");
                write(&list, &self.list(golden).to_string())?;
                vec!["scan".to_owned(), "sbom".to_owned(), list.display().to_string()]
            }
        };
        arguments.extend(["--scanners", "vulnerability", "--format", "json"].map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ours = ask(self.vigie, self.work, &arguments)?;
        let ours: Value = serde_json::from_slice(&ours).map_err(|source| Error::Json { path: target.to_owned(), source })?;
        let listed = packages_of(golden);
        let packages = (!listed.is_empty() && !is_list).then(|| Sets::of(&listed, &our_packages(&ours)));
        Ok(Some(Compared { name, packages, vulnerabilities: Sets::of(&theirs, &our_vulnerabilities(&ours)) }))
    }

    /// A list of the packages that a golden names.
    fn list(&self, golden: &Value) -> Value {
        let mut purls = BTreeSet::new();
        for (_, found) in vulnerabilities(golden) {
            let purl = text(&found["PkgIdentifier"]["PURL"]);
            let (id, name) = (text(&found["VulnerabilityID"]), text(&found["PkgName"]));
            // Distributions name their sources; a list of theirs says which one a package comes from.
            let mut names = self.feed.names.iter().filter(|((_, known), _)| known == id).flat_map(|(_, names)| names);
            let source = if names.clone().any(|known| known == name) { None } else { names.next() };
            let separator = if purl.contains('?') { '&' } else { '?' };
            purls.insert(source.map_or_else(|| purl.to_owned(), |source| format!("{purl}{separator}upstream={source}")));
        }
        let components: Vec<Value> = purls.iter().map(|purl| json!({ "type": "library", "name": purl, "purl": purl })).collect();
        json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": components })
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn vulnerabilities(golden: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let results = golden["Results"].as_array().into_iter().flatten();
    results.flat_map(|result| result["Vulnerabilities"].as_array().into_iter().flatten().map(move |found| (result, found)))
}

fn vulnerabilities_of(golden: &Value) -> BTreeSet<Line> {
    let line = |(_, found): (&Value, &Value)| {
        line(&[text(&found["VulnerabilityID"]), text(&found["PkgName"]), text(&found["InstalledVersion"])])
    };
    vulnerabilities(golden).map(line).collect()
}

fn packages_of(golden: &Value) -> BTreeSet<Line> {
    let results = golden["Results"].as_array().into_iter().flatten();
    let packages = results.flat_map(|result| result["Packages"].as_array().into_iter().flatten());
    // The project itself is no package of a registry: we list none.
    let packages = packages.filter(|package| !matches!(text(&package["Relationship"]), "root" | "workspace"));
    packages.map(|package| line(&[text(&package["Name"]), text(&package["Version"])])).collect()
}

fn our_packages(ours: &Value) -> BTreeSet<Line> {
    let packages = ours["components"].as_array().into_iter().flatten().map(|component| &component["package"]);
    packages.map(|package| line(&[text(&package["name"]), text(&package["version"])])).collect()
}

fn our_vulnerabilities(ours: &Value) -> BTreeSet<Line> {
    let found = ours["findings"].as_array().into_iter().flatten().filter(|found| found["kind"] == "vulnerability");
    found
        .flat_map(|found| {
            let about = &found["vulnerability"];
            let places = found["evidence"].as_array().into_iter().flatten();
            places
                .map(|place| line(&[text(&found["subject"]), text(&place["locator"]), text(&about["installed"])]))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// How both sides are written: without Go's `v`, and without case, which some registries ignore and we write small.
fn line(words: &[&str]) -> Line {
    let bare = |word: &&str| {
        let number = word.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        number.unwrap_or(word).to_lowercase()
    };
    words.iter().map(bare).collect::<Vec<_>>().join(" ")
}

fn table(compared: &[Compared]) -> String {
    let mut text = "| golden | packages | only theirs | only ours | vulnerabilities | only theirs | only ours |\n|---|---|---|---|---|---|---|\n".to_owned();
    let mut sums = [0; 6];
    for one in compared {
        let counts = |sets: &Sets| [sets.same, sets.only_theirs.len(), sets.only_ours.len()];
        let packages = one.packages.as_ref().map(counts);
        let all = [packages.unwrap_or_default(), counts(&one.vulnerabilities)].concat();
        sums.iter_mut().zip(&all).for_each(|(sum, count)| *sum += count);
        let shown = packages.map_or_else(|| "– | | ".to_owned(), |[same, theirs, ours]| format!("{same} | {theirs} | {ours}"));
        let [same, theirs, ours] = counts(&one.vulnerabilities);
        text.push_str(&format!("| {} | {shown} | {same} | {theirs} | {ours} |\n", one.name));
    }
    let sums = sums.map(|sum| sum.to_string()).join(" | ");
    text.push_str(&format!("| together: {} | {sums} |\n\n", compared.len()));
    for one in compared {
        for (what, sets) in one.packages.iter().map(|sets| ("package", sets)).chain([("vulnerability", &one.vulnerabilities)]) {
            for (whose, lines) in [("only theirs", &sets.only_theirs), ("only ours", &sets.only_ours)] {
                lines.iter().for_each(|line| text.push_str(&format!("{}: {what} {whose}: {line}\n", one.name)));
            }
        }
    }
    text
}

/// Asks our program; its answer on standard output.
fn ask(vigie: &Path, work: &Path, arguments: &[&str]) -> Result<Vec<u8>, Error> {
    let mut command = Command::new(vigie);
    command.args(arguments).arg("--data").arg(work.join("data")).env("LC_ALL", "C");
    let output = command.output().map_err(|source| Error::Read { path: vigie.to_owned(), source })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(Error::wrong(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr))))
}

/// The files of a folder with this ending, sorted.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(|source| Error::Read { path: folder.to_owned(), source })?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(ending));
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::Write { path: path.to_owned(), source })
}
