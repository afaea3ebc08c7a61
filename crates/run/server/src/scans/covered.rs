//! What a scan with gaps can still tell: what lies below something that could not be read is not gone, the rest is.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use vigie_ledger::{Filter, Ledger, LedgerError, Order, Sort};
use vigie_model::component::Component;
use vigie_model::facts::Facts;
use vigie_model::ids::AssetId;
use vigie_model::observed::Gap;

use crate::vulnerabilities;

/// The places of packages about which these facts can tell: what they list, and what the facts `before` them listed
/// in files that are not among the gaps. None: everywhere.
pub(super) fn of_packages(facts: &Facts, before: Option<&Facts>) -> Option<BTreeSet<String>> {
    let gaps: Vec<&Gap> = facts.gaps();
    let mut places = vulnerabilities::places_told(facts)?;
    let place = |component: &Component| vulnerabilities::place(&component.package);
    let known = before.map(Facts::components).unwrap_or_default();
    let hidden: BTreeSet<String> = known.iter().filter(|it| gaps.iter().any(|gap| hides(gap, &it.path))).map(place).collect();
    places.extend(known.iter().map(place).filter(|place| !hidden.contains(place)));
    Some(places)
}

/// The places of an asset's active findings that no gap hides. None: everywhere.
pub(super) fn of_findings(ledger: &Ledger, asset: AssetId, gaps: &[Gap]) -> Result<Option<BTreeSet<String>>, LedgerError> {
    if gaps.is_empty() {
        return Ok(None);
    }
    let mut places = BTreeSet::new();
    let filter = Filter { asset: Some(asset), ..Filter::default() };
    ledger.each_finding(&filter, Sort::Priority, Order::Descending, |found| {
        let path = found.locator.split_once(':').map_or("", |(_, path)| path);
        // A place that is no path hangs on the whole.
        if !path.is_empty() && !gaps.iter().any(|gap| hides(gap, path)) {
            places.insert(found.locator);
        }
        ControlFlow::Continue(())
    })?;
    Ok(Some(places))
}

/// Whether something at a path may be there still, since it could not be seen.
fn hides(gap: &Gap, path: &str) -> bool {
    let what = gap.what.trim_start_matches("./").trim_matches('/');
    // A manifest's place may end with its line.
    let what =
        what.rsplit_once(':').filter(|(_, line)| line.bytes().all(|it| it.is_ascii_digit())).map_or(what, |(file, _)| file);
    let rest = path.trim_start_matches('/').strip_prefix(what);
    what.is_empty()
        || what == "."
        || rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "._-".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::observed::Obstacle;

    #[test]
    fn a_gap_hides_itself_and_what_is_below() {
        let hides = |what: &str, path: &str| super::hides(&Gap::new(what, Obstacle::Unreadable, ""), path);
        for (what, path) in
            [("a/b", "a/b"), ("a/b", "a/b/c"), ("a.jar", "a.jar!/x"), ("/a/", "a/b#key"), ("w.yaml:3", "w.yaml#x"), (".", "q")]
        {
            assert!(hides(what, path), "{what} {path}");
        }
        for (what, path) in [("a/b", "a/bc"), ("a", "a.json"), ("a/b/c", "a/b"), ("the history", "a")] {
            assert!(!hides(what, path), "{what} {path}");
        }
    }
}
