//! Checks of images, limits, logs and what a file says in general.

use super::view::{extends_elsewhere, missing, of_member, of_service, scalar};
use crate::piece::Tally;
use crate::reference::{Reference, fixed_in};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// Judges the image of a service that is not built here.
fn of_image<'a>(
    piece: &'a Piece,
    open: impl Fn(&str) -> bool,
    judge: impl FnOnce(&'a str, Reference<'a>, &mut Tally<'a>),
) -> Verdict {
    of_member(piece, "image", |tally| {
        if piece.body.get("build").is_some() {
            return;
        }
        match piece.look("/image") {
            Look::Known(Value::String(image)) => judge(image, Reference::of(image), tally),
            Look::Unknown(expression) if open(expression) => tally.unknown(expression),
            _ => {}
        }
    })
}

/// No tag, or `latest`.
pub(crate) fn image_floating_tag(piece: &Piece, _: &[Piece]) -> Verdict {
    of_image(
        piece,
        |expression| !fixed_in(expression),
        |image, reference, tally| {
            if reference.floats() {
                tally.bad("/image", "/image", image, format!("{}:…", reference.name));
            }
        },
    )
}

/// No digest.
pub(crate) fn image_without_digest(piece: &Piece, _: &[Piece]) -> Verdict {
    of_image(
        piece,
        |expression| !expression.contains("@sha256:"),
        |image, reference, tally| {
            if reference.digest.is_none() {
                tally.bad("/image", "/image", image, format!("{image}@sha256:…"));
            }
        },
    )
}

/// Fails when none of these places says how much a service may use.
fn unlimited(piece: &Piece, places: &[&str], expected: &str) -> Verdict {
    of_service(piece, |tally| {
        let mut told = false;
        for place in places {
            match piece.look(place) {
                Look::Known(value) => told |= !matches!(scalar(value).as_str(), "0" | "-1"),
                Look::Unknown(_) => told = true,
                Look::Absent => {}
            }
        }
        if !told {
            missing(tally, piece, places[0].trim_start_matches('/'), expected);
        }
    })
}

/// Memory without a limit.
pub(crate) fn memory_unlimited(piece: &Piece, _: &[Piece]) -> Verdict {
    unlimited(piece, &["/mem_limit", "/deploy/resources/limits/memory"], "mem_limit: 512m")
}

/// Processes without a limit.
pub(crate) fn processes_unlimited(piece: &Piece, _: &[Piece]) -> Verdict {
    unlimited(piece, &["/pids_limit", "/deploy/resources/limits/pids"], "pids_limit: 200")
}

/// `restart: always`: a program that cannot start is started for ever.
pub(crate) fn restart_without_end(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "restart", |tally| {
        if tally.known("/restart").is_some_and(|value| value == "always") {
            tally.bad("/restart", "/restart", "restart: always", "restart: on-failure:5");
        }
    })
}

/// The image's own health check is switched off.
pub(crate) fn health_check_off(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "healthcheck", |tally| {
        let disabled = tally.known("/healthcheck/disable").is_some_and(|value| scalar(value) == "true");
        let none = match tally.known("/healthcheck/test") {
            Some(Value::Array(test)) => test.first().is_some_and(|first| first == "NONE"),
            Some(Value::String(test)) => test == "NONE",
            _ => false,
        };
        if disabled || none {
            tally.bad("/healthcheck", "/healthcheck", "disable: true", "");
        }
    })
}

/// A log on disk that grows for ever.
pub(crate) fn log_unbounded(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "logging", |tally| {
        let driver = tally.known("/logging/driver").map(scalar).unwrap_or_default();
        let bounded = piece.look("/logging/options/max-size") != Look::Absent;
        if driver == "json-file" && !bounded {
            tally.bad("/logging", "/logging", "driver: json-file", "max-size: 10m");
        }
    })
}

/// No log at all.
pub(crate) fn log_switched_off(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "logging", |tally| {
        if tally.known("/logging/driver").is_some_and(|driver| driver == "none") {
            tally.bad("/logging/driver", "/logging", "driver: none", "");
        }
    })
}

/// `links`, from the time before networks.
pub(crate) fn links_outdated(piece: &Piece, _: &[Piece]) -> Verdict {
    of_service(piece, |tally| {
        for member in ["links", "external_links"] {
            if piece.body.get(member).is_some() {
                tally.bad(&format!("/{member}"), format!("/{member}"), member, "networks");
            }
        }
        if extends_elsewhere(piece) {
            tally.unknown("extends");
        }
    })
}

/// `version`, which nothing reads any more.
pub(crate) fn version_outdated(piece: &Piece, _: &[Piece]) -> Verdict {
    if piece.kind != "compose" {
        return Verdict::not_applicable(text!(
            en "it is about the file, not a service",
            fr "cela concerne le fichier, pas un service",
            de "es geht um die Datei, nicht um einen Dienst"
        ));
    }
    let mut tally = Tally::of(piece);
    if let Some(version) = piece.body.get("version") {
        tally.bad("/version", "/version", format!("version: {}", scalar(version)), "");
    }
    tally.verdict()
}
