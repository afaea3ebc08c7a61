//! Grype's tests of its matchers (`grype/matcher/*/*_test.go`) as questions to us.
//!
//! Read are the tests of the plainest form: one database, one package written out, one answer. Those that go through
//! a table, or look into Grype's own structures, are counted as not asked.

use super::{Compared, Error, Sets, ask, files, line, read, text, vunnel, write};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One test of theirs.
#[derive(Debug, PartialEq, Eq)]
struct Case {
    name: String,
    database: String,
    /// `rhel:8/cve-2018-0735`: which records of the database; all, where there is none.
    only: Vec<String>,
    purl: String,
    expected: BTreeSet<String>,
}

/// Asks all of them; also how many tests were not asked.
pub(super) fn compare(grype: &Path, vigie: &Path, work: &Path) -> Result<(Vec<Compared>, usize), Error> {
    let (mut compared, mut left_out) = (Vec::new(), 0);
    let matchers = grype.join("grype/matcher");
    for folder in folders(&matchers)? {
        for file in files(&folder, "_test.go")? {
            let source = String::from_utf8_lossy(&read(&file)?).into_owned();
            for (name, body) in tests(&source) {
                let case = case(name, body).filter(|_| !body.contains("UseCPEs") && !body.contains("useCPEs"));
                let Some(case) = case else {
                    left_out += 1;
                    continue;
                };
                match answer(&case, &folder.join("testdata"), grype, vigie, work)? {
                    Some(answer) => compared.push(answer),
                    None => left_out += 1,
                }
            }
        }
    }
    Ok((compared, left_out))
}

/// What we say; none where their records hold nothing that we take (the NVD's).
fn answer(case: &Case, testdata: &Path, grype: &Path, vigie: &Path, work: &Path) -> Result<Option<Compared>, Error> {
    let own = testdata.join(&case.database);
    let database = if own.is_dir() { own } else { grype.join("internal/dbtest/testdata/shared").join(&case.database) };
    let work = work.join(&case.name);
    let feed = work.join("feed");
    fs::create_dir_all(&feed).map_err(|source| Error::Write { path: feed.clone(), source })?;
    let (mut found, mut written) = (Vec::new(), 0);
    jsons(&database, &mut found)?;
    for (number, path) in found.iter().enumerate() {
        let file: Value = serde_json::from_slice(&read(path)?).map_err(|source| Error::Json { path: path.clone(), source })?;
        let identifier = text(&file["identifier"]).to_lowercase();
        let wanted = case.only.is_empty() || case.only.iter().any(|only| identifier == only.to_lowercase());
        if let Some(record) = vunnel::record(&file).filter(|_| wanted) {
            write(&feed.join(format!("{number}.json")), &record.to_string())?;
            written += 1;
        }
    }
    if written == 0 {
        return Ok(None);
    }
    ask(vigie, &work, &["db", "import", &feed.display().to_string()])?;
    let list = work.join("list.json");
    let component = json!({ "type": "library", "name": "p", "purl": case.purl });
    write(&list, &json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component] }).to_string())?;
    let path = list.display().to_string();
    let answer = ask(vigie, &work, &["scan", "sbom", &path, "--scanners", "vulnerability", "--format", "json"])?;
    let answer: Value = serde_json::from_slice(&answer).map_err(|source| Error::Json { path: list, source })?;
    let about = |id: &str| line(&[id, &case.purl]);
    let theirs: BTreeSet<String> = case.expected.iter().map(|id| about(id)).collect();
    let ours = answer["findings"].as_array().into_iter().flatten().map(|found| {
        // By the name they use for it.
        let aliases = found["vulnerability"]["aliases"].as_array().into_iter().flatten().map(text);
        let id = aliases.chain([text(&found["subject"])]).find(|id| case.expected.contains(*id));
        about(id.unwrap_or_else(|| text(&found["subject"])))
    });
    Ok(Some(Compared { name: case.name.clone(), packages: None, vulnerabilities: Sets::of(&theirs, &ours.collect()) }))
}

/// Name and body of each test of a file.
fn tests(source: &str) -> Vec<(&str, &str)> {
    let bodies = source.split("\nfunc ").skip(1);
    bodies
        .filter_map(|function| {
            let (name, rest) = function.split_once("(t *testing.T) {")?;
            Some((name, rest.split("\n}").next()?)).filter(|(name, _)| name.starts_with("Test"))
        })
        .collect()
}

fn case(name: &str, body: &str) -> Option<Case> {
    let once = |what: &str| body.matches(what).count() == 1;
    if !once("dbtest.NewPackage(\"") || !once(".Match(t, ") || !once("DBs(t, \"") || body.contains("range ") {
        return None;
    }
    let after = |what: &str| body.split_once(what).map(|(_, rest)| rest);
    let database = quoted(after("DBs(t, ")?).into_iter().next()?;
    let only = after("SelectOnly(").map(|rest| quoted(rest.split(").").next().unwrap_or_default())).unwrap_or_default();
    let package = after("dbtest.NewPackage(")?.split("Build()").next()?;
    let asked = after(".Match(t, ")?.split_once(')')?.1;
    let mut expected = BTreeSet::new();
    for call in ["SelectMatch(", "ContainsVulnerabilities(", "SelectMatches("] {
        let named = asked.split(call).skip(1).filter(|_| !asked.trim_start().starts_with(".Ignores"));
        expected.extend(named.flat_map(|rest| quoted(rest.split(')').next().unwrap_or_default())));
    }
    let says_none = asked.contains("IsEmpty()") || asked.contains("Ignores()");
    (says_none || !expected.is_empty())
        .then(|| Some(Case { name: name.to_owned(), database, only, purl: purl(package)?, expected }))
        .flatten()
}

/// The package as a purl.
fn purl(package: &str) -> Option<String> {
    let words = quoted(package.split(").").next()?);
    let [name, version] = &words[..] else { return None };
    let (system, release) = distribution(package).unwrap_or_default();
    let kind = package.split("syftPkg.").nth(1)?;
    let kind = kind.split(|c: char| !c.is_alphanumeric()).next()?;
    let namespaced = |kind: &str| Some(format!("pkg:{kind}/{system}/{}", encoded(name)));
    let base = match kind {
        "DebPkg" => namespaced("deb"),
        "RpmPkg" => namespaced("rpm"),
        "ApkPkg" => namespaced("apk"),
        "NpmPkg" => Some(format!("pkg:npm/{}", encoded(name))),
        "PythonPkg" => Some(format!("pkg:pypi/{}", encoded(name))),
        "GemPkg" => Some(format!("pkg:gem/{}", encoded(name))),
        "GoModulePkg" => Some(format!("pkg:golang/{name}")),
        _ => None,
    }?;
    let (epoch, bare) = if kind == "RpmPkg" { version.split_once(':').unwrap_or(("", version)) } else { ("", version.as_str()) };
    let epoch = package.split("Epoch:").nth(1).and_then(|rest| rest.split("Ptr(").nth(1)?.split(')').next()).unwrap_or(epoch);
    let mut qualifiers = Vec::new();
    if !release.is_empty() {
        qualifiers.push(format!("distro={release}"));
    }
    if !epoch.is_empty() {
        qualifiers.push(format!("epoch={epoch}"));
    }
    let of = |call: &str| package.split_once(call).map(|(_, rest)| quoted(rest.split(')').next().unwrap_or_default()));
    if let Some([name, version]) = of("WithUpstream(").as_deref() {
        let at = if version.is_empty() { String::new() } else { format!("%40{}", encoded(version)) };
        qualifiers.push(format!("upstream={}{at}", encoded(name)));
    }
    if let Some([arch]) = of("WithArchitecture(").as_deref() {
        qualifiers.push(format!("arch={arch}"));
    }
    let qualifiers = if qualifiers.is_empty() { String::new() } else { format!("?{}", qualifiers.join("&")) };
    Some(format!("{base}@{}{qualifiers}", encoded(bare)))
}

/// `dbtest.RHEL8`, `distro.New(distro.SLES, "15.7", "")`, `newEUSDistro("9.4")`: namespace and release of a purl.
fn distribution(package: &str) -> Option<(&'static str, String)> {
    let said = package.split_once("WithDistro(")?.1;
    let number = quoted(said.split(").").next()?).into_iter().next();
    let word = said.split(['.', '(']).find(|word| !["dbtest", "distro", "New"].contains(word))?;
    let word = word.split([',', ')']).next()?.trim();
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let dotted = |at: usize| format!("{}.{}", digits.get(..at).unwrap_or_default(), digits.get(at..).unwrap_or_default());
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let release = |usual: String| number.clone().unwrap_or(usual);
    Some(match name {
        "Debian" => ("debian", format!("debian-{}", release(digits.clone()))),
        "Ubuntu" => ("ubuntu", format!("ubuntu-{}", release(dotted(2)))),
        "Alpine" => ("alpine", format!("alpine-{}", release(dotted(1)))),
        "WolfiRolling" => ("wolfi", "wolfi".to_owned()),
        "ChainguardRolling" => ("chainguard", "chainguard".to_owned()),
        // Ours tell extended support by the versions that are installed.
        "newESMDistro" => ("ubuntu", format!("ubuntu-{}", number?)),
        "newEUSDistro" => ("redhat", format!("rhel-{}", number?)),
        "RHEL" | "RedHat" => ("redhat", format!("rhel-{}", release(digits.clone()))),
        "AlmaLinux" => ("almalinux", format!("almalinux-{}", release(digits.clone()))),
        "SLES" => ("suse", format!("sles-{}", release(dotted(2)))),
        _ => return None,
    })
}

fn quoted(text: &str) -> Vec<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace('@', "%40").replace('+', "%2B").replace(':', "%3A").replace(' ', "%20")
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders = files(folder, "")?;
    folders.retain(|path| path.is_dir());
    Ok(folders)
}

/// All records below a folder.
fn jsons(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    for path in files(folder, "")? {
        if path.is_dir() {
            jsons(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "json") && path.to_string_lossy().contains("/results/") {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_test_becomes_a_question() {
        let source = "x\nfunc TestA(t *testing.T) {\n\tdbtest.DBs(t, \"rhel8\").\n\t\tSelectOnly(\"rhel:8/cve-1\").\n\t\tRun(func() {\n\
            \t\tp := dbtest.NewPackage(\"a\", \"1:1.0-1.el8\", syftPkg.RpmPkg).\n\t\t\tWithDistro(dbtest.RHEL8).\n\
            \t\t\tWithUpstream(\"b\", \"\").\n\t\t\tBuild()\n\t\tdb.Match(t, &matcher, p).\n\t\t\tSelectMatch(\"CVE-1\")\n\t})\n}\n";
        let all = super::tests(source);
        let case = case(all[0].0, all[0].1).unwrap();
        assert_eq!(case.purl, "pkg:rpm/redhat/a@1.0-1.el8?distro=rhel-8&epoch=1&upstream=b");
        assert_eq!((case.database.as_str(), case.only.as_slice()), ("rhel8", &["rhel:8/cve-1".to_owned()][..]));
        assert_eq!(case.expected, BTreeSet::from(["CVE-1".to_owned()]));
        assert_eq!(distribution("WithDistro(distro.New(distro.SLES, \"15.7\", \"\")).").unwrap().1, "sles-15.7");
        assert_eq!(distribution("WithDistro(dbtest.Alpine318).").unwrap().1, "alpine-3.18");
    }
}
