//! Which smaller base fits what an image starts.

use super::facts::{bytes, name_of, of_files, programs};
use vigie_model::image::ImageFacts;
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

/// Ecosystems of languages; all others are distributions.
const LANGUAGES: [&str; 18] = [
    "Bioconductor",
    "CRAN",
    "ConanCenter",
    "Go",
    "Hackage",
    "Hex",
    "Maven",
    "NuGet",
    "Packagist",
    "Pub",
    "PyPI",
    "RubyGems",
    "SwiftURL",
    "conda",
    "crates.io",
    "generic",
    "npm",
    "GitHub Actions",
];

/// What is started, and what would be enough to run it.
struct Fit {
    runs: &'static str,
    base: &'static str,
}

const SHELLS: [&str; 4] = ["sh", "bash", "ash", "dash"];
/// Programs that start others.
const STARTERS: [&str; 7] = ["tini", "dumb-init", "catatonit", "env", "exec", "gosu", "su-exec"];

/// What may be the program that is started in the end, as far as the configuration says: that of the entry point, and
/// where this is a script or a shell, what it is given to start.
fn started(facts: &ImageFacts) -> Vec<&str> {
    let mut started: Vec<&str> = Vec::new();
    for list in [&facts.config.entrypoint, &facts.config.cmd] {
        let mut programs = list.iter().map(String::as_str).filter(|word| {
            !word.starts_with('-') && !STARTERS.contains(&name_of(word)) && (word.starts_with('/') || !word.contains('='))
        });
        let Some(program) = programs.next() else { continue };
        started.push(program);
        if SHELLS.contains(&name_of(program)) {
            // `sh -c "exec node server.js"` starts node.
            let line = programs.next().unwrap_or_default();
            started.extend(line.split_whitespace().find(|word| !STARTERS.contains(&name_of(word)) && !word.contains('=')));
        } else if !name_of(program).ends_with(".sh") {
            break;
        }
    }
    started
}

fn fit(facts: &ImageFacts, program: &str) -> Option<Fit> {
    let path = program.trim_start_matches('/');
    let built = |ecosystem: &str| {
        facts
            .components
            .iter()
            .any(|component| component.package.ecosystem == ecosystem && name_of(&component.path) == name_of(path))
    };
    let name = name_of(path);
    Some(match name {
        "java" => Fit { runs: "Java", base: "gcr.io/distroless/java…-debian12:nonroot" },
        "node" => Fit { runs: "Node.js", base: "gcr.io/distroless/nodejs…-debian12:nonroot" },
        "dotnet" => Fit { runs: ".NET", base: "mcr.microsoft.com/dotnet/aspnet:…-noble-chiseled" },
        "nginx" => Fit { runs: "nginx", base: "nginxinc/nginx-unprivileged:…-alpine-slim" },
        _ if name.starts_with("python") || matches!(name, "gunicorn" | "uvicorn" | "flask" | "celery") => {
            Fit { runs: "Python", base: "gcr.io/distroless/python3:nonroot" }
        }
        _ if built("Go") => Fit { runs: "Go", base: "gcr.io/distroless/static:nonroot" },
        _ if built("crates.io") => Fit { runs: "Rust", base: "gcr.io/distroless/cc:nonroot" },
        _ => return None,
    })
}

/// A smaller base would run the same program.
pub(crate) fn smaller_base_fits(facts: &ImageFacts) -> Verdict {
    let started = started(facts);
    if started.is_empty() {
        return Verdict::not_applicable(text!(
            en "it starts nothing by itself",
            fr "elle ne démarre rien d’elle-même",
            de "es startet von sich aus nichts"
        ));
    }
    let Some((program, fit)) = started.into_iter().find_map(|program| Some((program, fit(facts, program)?))) else {
        return Verdict::not_applicable(text!(
            en "what it starts is of no kind with an advice",
            fr "ce qu’elle démarre ne fait l’objet d’aucun conseil",
            de "für das, was es startet, gibt es keinen Rat"
        ));
    };
    of_files(facts, |facts| {
        let shells = programs(facts, &["sh", "bash", "busybox"]);
        let managers = programs(facts, &["apt-get", "apk", "dnf", "microdnf", "yum", "dpkg", "rpm"]);
        // An image that is on a base of the advised sort already has what that one has.
        let is_there = fit.base.contains("alpine") && facts.os.as_ref().is_some_and(|os| os.id == "alpine");
        if is_there || shells.is_empty() && managers.is_empty() {
            return Vec::new();
        }
        let of_system = |ecosystem: &str| !LANGUAGES.contains(&ecosystem);
        let packages = facts.components.iter().filter(|component| of_system(&component.package.ecosystem)).count();
        let size: u64 = facts.layers.iter().map(|layer| layer.file_bytes).sum();
        let system = facts.os.as_ref().map(|os| os.pretty_name.as_str()).unwrap_or_default();
        vec![Evidence {
            locator: "base".to_owned(),
            place: program.to_owned(),
            found: format!("{}: {system}, {packages} packages, {}", fit.runs, bytes(size)),
            expected: fit.base.to_owned(),
        }]
    })
}
