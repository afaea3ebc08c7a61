//! Whether a row affects a version, and what repairs it: whole numbers only.
//!
//! A package's versions stand in its order at places 0, 1, 2, …; a [`Position`] is on one of them or
//! between two. One thing the order alone does not say: `1.0-2~deb12u1` sorts before `1.0-2`, but it is
//! `1.0-2`, built again for a stable release, and repairs whatever that repairs.

use crate::file::rows::Row;
use crate::span::{End, Span};

/// Where a version stands: odd on a listed one, even between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(usize);

impl Position {
    /// On the listed version at this place.
    pub(super) const fn at(place: usize) -> Self {
        Self(2 * place + 1)
    }

    /// After the listed version before this place, before the one at it.
    pub(super) const fn just_before(place: usize) -> Self {
        Self(2 * place)
    }
}

/// An installed version among the listed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    pub(super) at: Position,
    /// The listed version that this one is a rebuild of.
    pub(super) rebuild_of: Option<usize>,
    /// For RPMs, whether it was built in a module.
    pub(super) modular: Option<bool>,
}

impl Standing {
    /// The version of the same kind at this place.
    const fn moved_to(self, place: usize) -> Self {
        Self { at: Position::at(place), rebuild_of: None, ..self }
    }
}

/// Whether the version that stands here is affected; `modular` tells of each listed version whether it
/// was built in a module.
pub(super) fn is_affected(row: &Row, version: Standing, modular: &[bool]) -> bool {
    row.spans.iter().any(|span| holds(span, version, modular))
        || row.points.iter().any(|place| Position::at(*place) == version.at)
}

/// The stretch that holds a version.
pub(super) fn holding<'r>(row: &'r Row, version: Standing, modular: &[bool]) -> Option<&'r Span<usize>> {
    row.spans.iter().find(|span| holds(span, version, modular))
}

/// The place of the highest fix that a version has reached.
pub(super) fn reached(row: &Row, version: Standing) -> Option<usize> {
    let fixes = row.spans.iter().filter_map(|span| match span.to {
        End::Fixed(place) => Some(place),
        End::Open | End::LastAffected(_) => None,
    });
    fixes.filter(|place| version.at >= Position::at(*place) || version.rebuild_of == Some(*place)).max()
}

/// The place of the lowest known fix above an affected version that is not affected itself.
///
/// Where the stretch that holds a version ends with a fix that another stretch holds, the end of that
/// one counts. Versions whose stretch has no fix, and single ones, have none.
pub(super) fn fix(row: &Row, affected: Standing, modular: &[bool]) -> Option<usize> {
    let mut version = affected;
    let mut fix = None;
    // Each turn moves up, so there are no more turns than versions.
    while is_affected(row, version, modular) {
        let ends = row.spans.iter().filter(|span| holds(span, version, modular)).map(|span| match span.to {
            End::Fixed(place) => Some(place),
            End::Open | End::LastAffected(_) => None,
        });
        let place = ends.max()??;
        fix = Some(place);
        version = affected.moved_to(place);
    }
    fix
}

fn holds(span: &Span<usize>, version: Standing, modular: &[bool]) -> bool {
    if let (End::Fixed(place), Some(is_modular)) = (span.to, version.modular)
        && modular.get(place).is_some_and(|fix_is_modular| *fix_is_modular != is_modular)
    {
        // The fix of a module stream says nothing of the plain package, nor the other way round.
        return false;
    }
    let begun = span.from.is_none_or(|place| Position::at(place) <= version.at);
    let ended = match span.to {
        End::Open => false,
        End::Fixed(place) => version.at >= Position::at(place) || version.rebuild_of == Some(place),
        End::LastAffected(place) => version.at > Position::at(place),
    };
    begun && !ended
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::rows::tests::any_span;
    use proptest::prelude::*;

    const fn standing(at: usize) -> Standing {
        Standing { at: Position(at), rebuild_of: None, modular: None }
    }

    const fn on(place: usize) -> Standing {
        standing(2 * place + 1)
    }

    const fn span(from: Option<usize>, to: End<usize>) -> Span<usize> {
        Span { from, to }
    }

    fn row(spans: &[Span<usize>], points: &[usize]) -> Row {
        Row { spans: spans.to_vec(), points: points.to_vec(), ..Row::default() }
    }

    #[test]
    fn a_stretch_holds_from_its_first_version_to_before_its_fix() {
        let row = row(&[span(Some(1), End::Fixed(3))], &[]);
        let held: Vec<usize> = (0..10).filter(|at| is_affected(&row, standing(*at), &[])).collect();
        // On version 1, between, on version 2, between; not on version 3.
        assert_eq!(held, [3, 4, 5, 6]);
        assert_eq!(fix(&row, on(1), &[]), Some(3));
    }

    #[test]
    fn the_last_affected_version_is_affected_and_names_no_fix() {
        let row = row(&[span(None, End::LastAffected(1))], &[]);
        assert!(is_affected(&row, on(1), &[]) && !is_affected(&row, standing(4), &[]));
        assert_eq!(fix(&row, on(0), &[]), None);
    }

    #[test]
    fn a_fix_ends_all_stretches() {
        let overlapping = row(&[span(None, End::Fixed(1)), span(Some(1), End::Fixed(2)), span(None, End::Fixed(2))], &[]);
        assert_eq!(fix(&overlapping, on(0), &[]), Some(2));
        let never = row(&[span(None, End::Fixed(1)), span(Some(0), End::Open)], &[]);
        assert_eq!(fix(&never, on(0), &[]), None);
        let single = row(&[span(None, End::Fixed(1))], &[1]);
        assert_eq!(fix(&single, on(0), &[]), None);
    }

    #[test]
    fn a_rebuild_of_the_fix_is_not_affected_and_one_of_another_version_is() {
        let row = row(&[span(None, End::Fixed(1))], &[]);
        let rebuild_of = |place| Standing { at: Position::just_before(1), rebuild_of: Some(place), modular: None };
        assert!(!is_affected(&row, rebuild_of(1), &[]));
        assert!(is_affected(&row, rebuild_of(2), &[]));
    }

    #[test]
    fn fixes_of_modules_and_of_plain_packages_are_not_each_others() {
        let row = row(&[span(None, End::Fixed(1))], &[]);
        let at = |modular| Standing { modular: Some(modular), ..on(0) };
        assert!(is_affected(&row, at(true), &[true, true]) && !is_affected(&row, at(false), &[true, true]));
        assert!(is_affected(&row, at(false), &[false, false]) && !is_affected(&row, at(true), &[false, false]));
    }

    proptest! {
        #[test]
        fn a_fix_is_above_and_not_affected(spans in proptest::collection::vec(any_span(), 0..5), at in 0usize..9) {
            let row = row(&spans, &[]);
            if let Some(place) = fix(&row, standing(at), &[]) {
                prop_assert!(Position::at(place) > Position(at));
                prop_assert!(!is_affected(&row, on(place), &[]));
            }
        }
    }
}
