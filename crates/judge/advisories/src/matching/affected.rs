//! Whether a row affects a version, and what repairs it: whole numbers only.
//!
//! A package's versions stand in its order at places 0, 1, 2, …; a [`Position`] is on one of them or
//! between two.

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

/// Whether the version at this position is affected.
pub(super) fn is_affected(row: &Row, at: Position) -> bool {
    row.spans.iter().any(|span| holds(span, at)) || row.points.iter().any(|place| Position::at(*place) == at)
}

/// The place of the lowest known fix above an affected version that is not affected itself.
///
/// Where the stretch that holds a version ends with a fix that another stretch holds, the end of that
/// one counts. Versions whose stretch has no fix, and single ones, have none.
pub(super) fn fix(row: &Row, affected: Position) -> Option<usize> {
    let mut at = affected;
    let mut fix = None;
    // Each turn moves up, so there are no more turns than versions.
    while is_affected(row, at) {
        let ends = row.spans.iter().filter(|span| holds(span, at)).map(|span| match span.to {
            End::Fixed(place) => Some(place),
            End::Open | End::LastAffected(_) => None,
        });
        let place = ends.max()??;
        fix = Some(place);
        at = Position::at(place);
    }
    fix
}

fn holds(span: &Span<usize>, at: Position) -> bool {
    let begun = span.from.is_none_or(|place| Position::at(place) <= at);
    let ended = match span.to {
        End::Open => false,
        End::Fixed(place) => at >= Position::at(place),
        End::LastAffected(place) => at > Position::at(place),
    };
    begun && !ended
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::rows::tests::any_span;
    use proptest::prelude::*;

    const fn span(from: Option<usize>, to: End<usize>) -> Span<usize> {
        Span { from, to }
    }

    fn row(spans: &[Span<usize>], points: &[usize]) -> Row {
        Row { spans: spans.to_vec(), points: points.to_vec(), ..Row::default() }
    }

    #[test]
    fn a_stretch_holds_from_its_first_version_to_before_its_fix() {
        let row = row(&[span(Some(1), End::Fixed(3))], &[]);
        let held: Vec<usize> = (0..10).filter(|at| is_affected(&row, Position(*at))).collect();
        // On version 1, between, on version 2, between; not on version 3.
        assert_eq!(held, [3, 4, 5, 6]);
        assert_eq!(fix(&row, Position::at(1)), Some(3));
    }

    #[test]
    fn the_last_affected_version_is_affected_and_names_no_fix() {
        let row = row(&[span(None, End::LastAffected(1))], &[]);
        assert!(is_affected(&row, Position::at(1)) && !is_affected(&row, Position(4)));
        assert_eq!(fix(&row, Position::at(0)), None);
    }

    #[test]
    fn a_fix_ends_all_stretches() {
        let overlapping = row(&[span(None, End::Fixed(1)), span(Some(1), End::Fixed(2)), span(None, End::Fixed(2))], &[]);
        assert_eq!(fix(&overlapping, Position::at(0)), Some(2));
        let never = row(&[span(None, End::Fixed(1)), span(Some(0), End::Open)], &[]);
        assert_eq!(fix(&never, Position::at(0)), None);
        let single = row(&[span(None, End::Fixed(1))], &[1]);
        assert_eq!(fix(&single, Position::at(0)), None);
    }

    proptest! {
        #[test]
        fn a_fix_is_above_and_not_affected(spans in proptest::collection::vec(any_span(), 0..5), at in 0usize..9) {
            let row = row(&spans, &[]);
            if let Some(place) = fix(&row, Position(at)) {
                prop_assert!(Position::at(place) > Position(at));
                prop_assert!(!is_affected(&row, Position::at(place)));
            }
        }
    }
}
