//! CSAF 2.0 documents of distributions: Red Hat's VEX files and advisories, SUSE's.
//!
//! Format: <https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html>. A document has a tree of
//! products (releases by CPE, packages by package URL or name), relations that put a package into a
//! release, and for each vulnerability which of these are fixed, affected, not affected or under
//! investigation. VEX documents of others, that speak of products and not of packages of a release, are
//! read by [`crate::vex`].
//!
//! Module streams (RHEL 8): the stream's number is the version from which its fix counts, so that the fix
//! of Node.js 20 says nothing of Node.js 18.

mod products;
mod raw;

use super::{FormatError, Sink, is_id, is_name, is_version, json};
use crate::import::limits::{AFFECTED_MAX, REFERENCES_KEPT};
use crate::import::osv::{Affected, Event, Record, Str};
use crate::import::ratings::severity_of_word;
use products::{Component, Products};
use raw::{Document, Vulnerability};
use std::collections::BTreeMap;
use vigie_model::occurrence::Unfixed;
use vigie_model::time::Timestamp;
use vigie_model::version::rpm;

/// Reads a document.
///
/// # Errors
/// [`FormatError`] when it is not that JSON, or of nobody who builds packages.
pub fn read(bytes: &[u8], sink: &mut dyn Sink) -> Result<(), FormatError> {
    let document: Document<'_> = json("a CSAF document", bytes)?;
    let products = Products::of(&document)?;
    for vulnerability in document.vulnerabilities.iter().flatten() {
        match record(&document, vulnerability, &products) {
            Some(record) if record.affected.len() > AFFECTED_MAX => {
                sink.note(record.id.as_str(), "more affected packages than are taken");
            }
            Some(record) => sink.take(&record),
            None => {}
        }
    }
    Ok(())
}

fn record<'a>(document: &'a Document<'_>, vulnerability: &'a Vulnerability<'_>, products: &Products<'_>) -> Option<Record<'a>> {
    let id = vulnerability.id()?;
    let mut record = Record::new(is_id(id).then_some(id)?);
    let tracking = document.document.tracking.as_ref();
    record.modified = tracking.and_then(|tracking| time(tracking.current_release_date.as_ref()));
    record.published = time(vulnerability.release_date.as_ref());
    record.summary = vulnerability.title.as_ref().map(|title| title.as_str().into());
    record.details = vulnerability.description().map(Into::into);
    record.severity = vulnerability.impact().or_else(|| document.severity()).and_then(severity_of_word);
    record.vectors = vulnerability.vectors().map(Into::into).collect();
    let links = vulnerability.references.iter().flatten().filter_map(|link| link.url.as_ref());
    record.references = links.take(REFERENCES_KEPT).map(|url| ("WEB".into(), url.as_str().into())).collect();
    record.affected = told(vulnerability, products)
        .into_iter()
        .flat_map(|((ecosystem, package), told)| told.affected(ecosystem, package))
        .collect();
    (!record.affected.is_empty()).then_some(record)
}

fn time(text: Option<&Str<'_>>) -> Option<Timestamp> {
    Timestamp::parse(text?.as_str()).ok()
}

/// What a document tells of one package in one release.
#[derive(Default)]
struct Told {
    /// Version that repairs it, by module stream (empty: none).
    fixed: BTreeMap<String, String>,
    /// Streams (or none) without a repair.
    unfixed: BTreeMap<String, Unfixed>,
    not_affected: bool,
}

fn told(vulnerability: &Vulnerability<'_>, products: &Products<'_>) -> BTreeMap<(String, String), Told> {
    let mut told: BTreeMap<(String, String), Told> = BTreeMap::new();
    let Some(status) = &vulnerability.product_status else { return told };
    let mut each = |ids: &[&Option<Vec<Str<'_>>>], take: &mut dyn FnMut(&mut Told, Component, &str)| {
        for id in ids.iter().filter_map(|ids| ids.as_ref()).flatten() {
            if let Some(component) = products.component(id.as_str()) {
                let sound = is_name(&component.ecosystem)
                    && is_name(&component.package)
                    && component.version.as_deref().is_none_or(is_version);
                if sound {
                    take(
                        told.entry((component.ecosystem.clone(), component.package.clone())).or_default(),
                        component,
                        id.as_str(),
                    );
                }
            }
        }
    };
    each(&[&status.fixed, &status.first_fixed, &status.recommended], &mut |told, component, _| {
        if let Some(version) = component.version {
            // A later build has the repair too: the first one counts.
            let known = told.fixed.entry(component.stream).or_insert_with(|| version.clone());
            if rpm::compare(&version, known).is_lt() {
                *known = version;
            }
        }
    });
    each(&[&status.known_affected], &mut |told, component, id| {
        told.unfixed.insert(component.stream, vulnerability.unfixed(id));
    });
    each(&[&status.under_investigation], &mut |told, component, _| {
        told.unfixed.entry(component.stream).or_insert(Unfixed::UnderInvestigation);
    });
    each(&[&status.known_not_affected], &mut |told, _, _| told.not_affected = true);
    told
}

impl Told {
    fn affected<'a>(self, ecosystem: String, package: String) -> Option<Affected<'a>> {
        let mut ranges = Vec::new();
        for (stream, fixed) in &self.fixed {
            let from = floor(stream, fixed).unwrap_or_else(|| "0".to_owned());
            ranges.push(vec![Event::Introduced(from.into()), Event::Fixed(fixed.clone().into())]);
        }
        // An open row beside a fix of the same stream is that of a product without the fix's repository.
        let open: Vec<(&String, &Unfixed)> =
            self.unfixed.iter().filter(|(stream, _)| !self.fixed.contains_key(*stream)).collect();
        for (stream, _) in &open {
            ranges.push(open_range(stream, self.fixed.values().next()));
        }
        let unfixed = open.iter().map(|(_, unfixed)| **unfixed).min();
        match (ranges.is_empty(), self.not_affected) {
            (false, _) => Some(Affected { ranges, unfixed, not_affected: false, ..Affected::none_of(ecosystem, package) }),
            (true, true) => Some(Affected::none_of(ecosystem, package)),
            (true, false) => None,
        }
    }
}

/// The lowest version of a stream, if its number begins the versions in it: `1:20` for `nodejs:20` with
/// the fix `1:20.11.1-1.module…`.
fn floor(stream: &str, fixed: &str) -> Option<String> {
    let (_, number) = stream.split_once(':')?;
    let (epoch, version) = fixed.split_once(':').map_or(("", fixed), |(epoch, version)| (epoch, version));
    let rest = version.strip_prefix(number).filter(|_| number.starts_with(|first: char| first.is_ascii_digit()))?;
    let whole = rest.starts_with(['.', '-']);
    whole.then(|| if epoch.is_empty() { number.to_owned() } else { format!("{epoch}:{number}") })
}

/// All versions, or for a module stream those that begin with its number.
fn open_range<'a>(stream: &str, sibling: Option<&String>) -> Vec<Event<'a>> {
    let number = stream.split_once(':').map(|(_, number)| number).filter(|number| !number.is_empty());
    let last = number.and_then(|number| number.rsplit('.').next()?.parse::<u32>().ok());
    match (number, last) {
        (Some(number), Some(last)) => {
            // Epochs are not named here; those of another stream's fix are the same.
            let epoch =
                sibling.and_then(|version| version.split_once(':')).map_or(String::new(), |(epoch, _)| format!("{epoch}:"));
            let stem = number.rsplit_once('.').map_or(String::new(), |(stem, _)| format!("{stem}."));
            vec![
                Event::Introduced(format!("{epoch}{number}").into()),
                Event::Fixed(format!("{epoch}{stem}{}~", last.saturating_add(1)).into()),
            ]
        }
        _ => vec![Event::Introduced("0".into())],
    }
}

#[cfg(test)]
mod tests;
