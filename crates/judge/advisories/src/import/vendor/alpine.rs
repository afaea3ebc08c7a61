//! Security databases of Alpine, Wolfi and Chainguard (`secdb`) as JSON.
//!
//! Format: <https://secdb.alpinelinux.org>. For each package, versions with the vulnerabilities that they
//! repair; under the version `0` those that the package never had.

use super::{FormatError, Sink, is_id, is_name, is_version, json};
use crate::import::osv::{Affected, Record, Str};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Database<'a> {
    #[serde(borrow)]
    apkurl: Option<Str<'a>>,
    urlprefix: Option<Str<'a>>,
    distroversion: Option<Str<'a>>,
    packages: Option<Vec<Listed<'a>>>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    pkg: Package<'a>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    secfixes: Option<BTreeMap<Str<'a>, Option<Vec<Str<'a>>>>>,
}

/// Reads a database.
///
/// # Errors
/// [`FormatError`] when it is not that JSON, or of a distribution that is not known.
pub fn read(bytes: &[u8], sink: &mut dyn Sink) -> Result<(), FormatError> {
    let database: Database<'_> = json("a secdb of Alpine, Wolfi or Chainguard", bytes)?;
    let ecosystem = ecosystem(&database).ok_or(FormatError::Other { format: "a secdb of a known distribution" })?;
    let mut by_id: BTreeMap<&str, Vec<Affected<'_>>> = BTreeMap::new();
    for Listed { pkg } in database.packages.iter().flatten() {
        if !is_name(pkg.name.as_str()) {
            sink.note("a package", "a name that is empty, too long or unprintable");
            continue;
        }
        for (version, ids) in pkg.secfixes.iter().flatten() {
            let (name, version) = (pkg.name.as_str(), version.as_str().trim());
            if !is_version(version) {
                sink.note(name, "a version that is empty, too long or unprintable");
                continue;
            }
            for id in ids.iter().flatten().flat_map(|text| ids_in(text.as_str())) {
                by_id.entry(id).or_default().push(match version {
                    "0" => Affected::none_of(ecosystem.as_ref(), name),
                    fixed => Affected::until(ecosystem.as_ref(), name, fixed),
                });
            }
        }
    }
    for (id, affected) in by_id {
        sink.take(&Record { affected, ..Record::new(id) });
    }
    Ok(())
}

/// Alpine names its release; Wolfi and Chainguard roll.
fn ecosystem<'a>(database: &'a Database<'_>) -> Option<Cow<'a, str>> {
    let addresses = [&database.apkurl, &database.urlprefix].map(|address| address.as_ref().map_or("", Str::as_str));
    let at = |host: &str| addresses.iter().any(|address| address.contains(host));
    match database.distroversion.as_ref().map(Str::as_str) {
        Some(edge) if edge.starts_with("edge") => Some("Alpine:edge".into()),
        Some(release) if release.starts_with('v') && is_name(release) => Some(format!("Alpine:{release}").into()),
        _ if at("wolfi.dev") => Some("Wolfi".into()),
        _ if at("cgr.dev") || at("chainguard") => Some("Chainguard".into()),
        _ if at("minimos") || at("mini.dev") => Some("MinimOS".into()),
        _ => None,
    }
}

/// The ids of an entry: some have two, or a remark behind (`CVE-2017-2616 (+ regression fix)`).
fn ids_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    words.take_while(|word| !word.starts_with('(') && !word.starts_with('#')).filter(|word| word.contains('-') && is_id(word))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Lines, check};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_fixes_and_what_was_never_there() {
        check(
            read,
            r#"{"apkurl":"{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk","archs":["x86_64"],
                "reponame":"main","urlprefix":"https://dl-cdn.alpinelinux.org/alpine","distroversion":"v3.20","packages":[
                {"pkg":{"name":"alpha","secfixes":{"1.2.3-r1":["CVE-2099-0001","CVE-2099-0002 (+ regression fix)"],"0":["CVE-2099-0003"]}}},
                {"pkg":{"name":"beta","secfixes":{"2-r0":["CVE-2099-0001 XSA-1",""],"3-r0":null}}}]}"#,
            "
            CVE-2099-0001 Alpine:v3.20 alpha [0,1.2.3-r1) - -
            CVE-2099-0001 Alpine:v3.20 beta [0,2-r0) - -
            CVE-2099-0002 Alpine:v3.20 alpha [0,1.2.3-r1) - -
            CVE-2099-0003 Alpine:v3.20 alpha  not_affected -
            XSA-1 Alpine:v3.20 beta [0,2-r0) - -
            ",
        );
    }

    #[test]
    fn knows_whose_it_is() {
        let database = |fields: &str| {
            format!(r#"{{{fields},"packages":[{{"pkg":{{"name":"a","secfixes":{{"1-r0":["CVE-2099-1111"]}}}}}}]}}"#)
        };
        check(read, &database(r#""urlprefix":"https://packages.wolfi.dev""#), "CVE-2099-1111 Wolfi a [0,1-r0) - -");
        check(read, &database(r#""apkurl":"https://packages.cgr.dev/chainguard""#), "CVE-2099-1111 Chainguard a [0,1-r0) - -");
        check(read, &database(r#""distroversion":"edge-main""#), "CVE-2099-1111 Alpine:edge a [0,1-r0) - -");
        assert!(read(database(r#""apkurl":"x""#).as_bytes(), &mut Lines::default()).is_err());
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert!(read(&bytes, &mut Lines::default()).is_err());
        }
    }
}
