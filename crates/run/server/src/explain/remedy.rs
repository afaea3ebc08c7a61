//! What to do about a finding: the update and the command for it, a newer base, else what is left.
//!
//! Commands are those of the package manager that wrote the file in which the package was found; where several could
//! have, none is named.

use super::{Known, Remedy};
use vigie_model::finding::FindingKind;
use vigie_model::lineage::{Newer, Part};
use vigie_model::occurrence::{Occurrence, VulnerabilityDetail};
use vigie_model::say;

/// The most packages of one command.
const PACKAGES_MAX: usize = 12;

/// What to do.
pub(super) fn of(found: &Occurrence, known: &Known<'_>) -> Vec<Remedy> {
    let lang = known.lang;
    let mut remedies = Vec::new();
    if found.identity.kind == FindingKind::Malware && found.vulnerability.is_some() {
        let text = say!(lang,
            en "Remove the package, and treat what it could read as known to others.",
            fr "Supprimez le paquet, et considérez comme connu de tiers tout ce qu’il pouvait lire.",
            de "Entfernen Sie das Paket, und behandeln Sie alles, was es lesen konnte, als bekannt.");
        return vec![Remedy { text, command: None }];
    }
    let Some(detail) = &found.vulnerability else {
        let text = vigie_report::advice(found, lang);
        return if text.is_empty() { remedies } else { vec![Remedy { text, command: None }] };
    };
    let from = known.lineage.and_then(|lineage| lineage.origins.get(found.identity.id())?.from);
    if matches!(from, Some(Part::Base | Part::Both)) {
        remedies.extend(newer_base(found, known));
    }
    match &detail.fixed {
        Some(fixed) => {
            let package = &detail.package;
            let text = say!(lang,
                en "Upgrade {package} to {fixed} or later.",
                fr "Mettez {package} à jour vers {fixed} ou plus récent.",
                de "Aktualisieren Sie {package} auf {fixed} oder neuer.");
            remedies.push(Remedy { text, command: command(found, detail, fixed, known) });
        }
        None => remedies.extend(without_fix(detail, known)),
    }
    remedies
}

/// A base that was seen and does not have it.
fn newer_base(found: &Occurrence, known: &Known<'_>) -> Option<Remedy> {
    let lang = known.lang;
    let lineage = known.lineage?;
    let package = found.identity.locator.text();
    let without = |newer: &&Newer| {
        let removes = newer.change.as_ref().map(|change| &change.removes);
        removes.is_some_and(|all| all.iter().any(|it| it.id == found.identity.subject && it.package == package))
    };
    let text = match lineage.newer.iter().find(without) {
        Some(newer) => {
            let name = &newer.name;
            say!(lang,
                en "Build on the base {name}, which does not have it.",
                fr "Construisez sur la base {name}, qui ne l’a pas.",
                de "Bauen Sie auf der Basis {name}, die es nicht hat.")
        }
        None => say!(lang,
            en "It comes from the base image: build on a newer one where there is one (--base-candidate IMAGE says what it would change), or upgrade the package in a layer of your own.",
            fr "Elle vient de l’image de base : construisez sur une plus récente s’il y en a une (--base-candidate IMAGE dit ce qu’elle changerait), ou mettez le paquet à jour dans une couche à vous.",
            de "Sie kommt aus dem Basis-Image: Bauen Sie auf einem neueren, wenn es eines gibt (--base-candidate IMAGE sagt, was es ändern würde), oder aktualisieren Sie das Paket in einer eigenen Schicht."),
    };
    Some(Remedy { text, command: None })
}

/// What is left where nothing repairs it.
fn without_fix(detail: &VulnerabilityDetail, known: &Known<'_>) -> Vec<Remedy> {
    let lang = known.lang;
    let package = &detail.package;
    let state = match detail.unfixed {
        Some(unfixed) => {
            let said = unfixed.said();
            let said = said.get(lang);
            let ecosystem = &detail.ecosystem;
            say!(lang,
                en "No version of {package} repairs it; {ecosystem} says: {said}.",
                fr "Aucune version de {package} ne la corrige ; {ecosystem} dit : {said}.",
                de "Keine Version von {package} behebt sie; {ecosystem} sagt: {said}.")
        }
        None => say!(lang,
            en "No version of {package} that repairs it is known.",
            fr "Aucune version de {package} qui la corrige n’est connue.",
            de "Es ist keine Version von {package} bekannt, die sie behebt."),
    };
    let left = say!(lang,
        en "Remove the package if nothing uses it; else keep what reaches it away from strangers, and look again after the next data update. Where the code is not used, say so in VEX (--vex) or .vigieignore, with an end.",
        fr "Supprimez le paquet si rien ne l’utilise ; sinon tenez les inconnus à l’écart de ce qui l’atteint, et regardez de nouveau après la prochaine mise à jour des données. Si le code n’est pas utilisé, dites-le dans VEX (--vex) ou .vigieignore, avec une fin.",
        de "Entfernen Sie das Paket, wenn nichts es braucht; sonst halten Sie Fremde von dem fern, was es erreicht, und sehen Sie nach dem nächsten Datenupdate wieder nach. Wird der Code nicht benutzt, sagen Sie es in VEX (--vex) oder .vigieignore, mit einem Ende.");
    vec![Remedy { text: state, command: None }, Remedy { text: left, command: None }]
}

/// The command that brings the repaired version.
fn command(found: &Occurrence, detail: &VulnerabilityDetail, fixed: &str, known: &Known<'_>) -> Option<String> {
    let mut names: Vec<&str> = found.evidence.iter().map(|proof| proof.locator.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    // What could be taken for an option or for more than one word is not put into anybody's shell.
    let plain = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._:~@/^".contains(&byte);
        !text.is_empty() && !text.starts_with('-') && text.bytes().all(allowed)
    };
    if !names.iter().all(|name| plain(name)) || !plain(fixed) || !plain(&detail.package) || names.len() > PACKAGES_MAX {
        return None;
    }
    let all = names.join(" ");
    let system = detail.ecosystem.split(':').next().unwrap_or_default();
    if let Some(command) = of_system(system, &all) {
        return Some(command);
    }
    let files: Vec<&str> = found.evidence.iter().map(|proof| proof.place.rsplit('/').next().unwrap_or_default()).collect();
    let direct = known.components.iter().any(|it| it.package.name == detail.package && it.direct == Some(true));
    of_language(system, &detail.package, fixed, &files, direct)
}

fn of_system(system: &str, names: &str) -> Option<String> {
    Some(match system {
        "Debian" | "Ubuntu" | "Echo" => format!("apt-get update && apt-get install --only-upgrade -y {names}"),
        "Alpine" | "Wolfi" | "Chainguard" | "MinimOS" | "Alpaquita" => format!("apk upgrade --no-cache {names}"),
        "Photon OS" | "Azure Linux" => format!("tdnf update -y {names}"),
        "SUSE" | "openSUSE" => format!("zypper --non-interactive update {names}"),
        "Red Hat" | "CentOS" | "AlmaLinux" | "Rocky Linux" | "Oracle Linux" | "Fedora" | "Amazon Linux" | "Mageia"
        | "openEuler" => {
            format!("dnf upgrade -y {names}")
        }
        _ => return None,
    })
}

fn of_language(system: &str, name: &str, fixed: &str, files: &[&str], direct: bool) -> Option<String> {
    let is = |file: &str| files.contains(&file);
    Some(match system {
        "npm" if is("yarn.lock") => format!("yarn up {name}@{fixed}"),
        "npm" if is("pnpm-lock.yaml") => format!("pnpm update {name}@{fixed}"),
        "npm" if is("bun.lock") => format!("bun update {name}@{fixed}"),
        "npm" if direct => format!("npm install {name}@{fixed}"),
        "npm" => format!("npm update {name}"),
        "PyPI" if is("poetry.lock") => format!("poetry update {name}"),
        "PyPI" if is("uv.lock") => format!("uv lock --upgrade-package {name}=={fixed}"),
        "PyPI" if is("Pipfile.lock") => format!("pipenv update {name}"),
        "PyPI" if is("pdm.lock") => format!("pdm update {name}"),
        "PyPI" => format!("pip install '{name}>={fixed}'"),
        "Go" if name == "stdlib" || name == "toolchain" => return None,
        "Go" => format!("go get {name}@v{} && go mod tidy", fixed.trim_start_matches('v')),
        "crates.io" => format!("cargo update --package {name} --precise {fixed}"),
        "Maven" => format!("mvn versions:use-dep-version -Dincludes={name} -DdepVersion={fixed} -DforceVersion=true"),
        "RubyGems" => format!("bundle update --conservative {name}"),
        "Packagist" => format!("composer update --with-dependencies {name}"),
        "NuGet" => format!("dotnet add package {name} --version {fixed}"),
        "Hex" => format!("mix deps.update {name}"),
        "Pub" => format!("dart pub upgrade {name}"),
        "conda" => format!("conda install '{name}>={fixed}'"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_those_of_whoever_wrote_the_file() {
        let of = |system, name, files: &[&str]| of_language(system, name, "1.2.3", files, false).unwrap_or_default();
        assert_eq!(of("npm", "left-pad", &["yarn.lock"]), "yarn up left-pad@1.2.3");
        assert_eq!(of("npm", "left-pad", &["package-lock.json"]), "npm update left-pad");
        assert_eq!(of("PyPI", "jinja2", &["uv.lock"]), "uv lock --upgrade-package jinja2==1.2.3");
        assert_eq!(of("Go", "golang.org/x/net", &["go.mod"]), "go get golang.org/x/net@v1.2.3 && go mod tidy");
        assert_eq!((of("Go", "stdlib", &[]), of("generic", "x", &[])), (String::new(), String::new()));
        assert_eq!(of_system("Alpine", "zlib").as_deref(), Some("apk upgrade --no-cache zlib"));
        assert_eq!(of_system("npm", "zlib"), None);
    }
}
