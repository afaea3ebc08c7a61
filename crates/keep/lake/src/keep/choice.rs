//! Which files to merge.
//!
//! Files of one class and day, whose newest events came in on one day (so that retention drops them
//! when it would have dropped their parts), next to each other in time and together not larger than a
//! merged file may be. While a day goes on, eight or more are merged; when it is over, two or more.
//! A file is only merged with others that are together at least half of it, so an event is rewritten
//! a few times in all, however many files come.

use crate::catalogue::FileRow;
use std::collections::BTreeMap;
use std::path::Path;
use vigie_model::event::Class;
use vigie_model::ids::EventId;
use vigie_model::time::{Day, Timestamp};

/// So many files are worth a merge while more may come.
const WORTH_IT: usize = 8;

/// What is asked of files that are merged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) now: Timestamp,
    /// Files younger than this are left alone, and days that ended less long ago are not over.
    pub(super) settled_micros: i64,
    /// Events behind this one are not: somebody follows them one by one.
    pub(super) followed: Option<EventId>,
    /// What was sealed behind this is not finished.
    pub(super) low_water: u64,
    pub(super) rows_max: u64,
    pub(super) bytes_max: u64,
}

/// The files to be merged next, the oldest day first; nothing when there are none.
pub(super) fn choose<'f>(files: &'f [FileRow], rules: &Rules, is_held: &dyn Fn(&FileRow) -> bool) -> Option<Vec<&'f FileRow>> {
    let mut groups: BTreeMap<(Day, Day, Option<&Path>), Vec<&FileRow>> = BTreeMap::new();
    for file in files.iter().filter(|file| rules.takes(file)) {
        let received = file.facts.received.1.day();
        // One class and tenant have a directory for each day.
        groups.entry((file.day, received, Path::new(&file.path).parent())).or_default().push(file);
    }
    groups.into_iter().find_map(|((day, ..), mut group)| {
        group.retain(|file| group_is_worth(rules, file) && !is_held(file));
        group.sort_by_key(|file| (file.facts.times.0, file.number));
        slices(&group, rules).into_iter().find_map(|slice| worth(slice, rules.is_over(day)))
    })
}

impl Rules {
    fn takes(&self, file: &FileRow) -> bool {
        self.now.since(file.sealed_at) >= self.settled_micros
            && file.sealed_through <= self.low_water
            && self.followed.is_none_or(|followed| file.facts.ids.1 <= followed)
            // Of a class that only a newer program knows: it would be written as another.
            && Class::from_uid(file.class_uid).is_some()
    }

    fn is_over(&self, day: Day) -> bool {
        const DAY: i64 = 86_400 * 1_000_000;
        self.now.micros().saturating_sub(day.number().saturating_add(1).saturating_mul(DAY)) >= self.settled_micros
    }
}

/// Whether a file may get a larger one's part at all.
const fn group_is_worth(rules: &Rules, file: &FileRow) -> bool {
    file.facts.rows <= rules.rows_max / 2 && file.facts.bytes <= rules.bytes_max / 2
}

/// Neighbours in time that fit in one file together.
fn slices<'f>(files: &[&'f FileRow], rules: &Rules) -> Vec<Vec<&'f FileRow>> {
    let mut slices = Vec::new();
    let mut slice: Vec<&FileRow> = Vec::new();
    let (mut rows, mut bytes) = (0, 0);
    for file in files {
        if rows + file.facts.rows > rules.rows_max || bytes + file.facts.bytes > rules.bytes_max {
            slices.push(std::mem::take(&mut slice));
            (rows, bytes) = (0, 0);
        }
        rows += file.facts.rows;
        bytes += file.facts.bytes;
        slice.push(file);
    }
    slices.push(slice);
    slices
}

/// The part of a slice that is worth a merge.
fn worth(mut slice: Vec<&FileRow>, is_over: bool) -> Option<Vec<&FileRow>> {
    slice.sort_by_key(|file| file.facts.rows);
    let mut rest: u64 = slice.iter().map(|file| file.facts.rows).sum();
    while let Some(largest) = slice.last() {
        rest -= largest.facts.rows;
        if largest.facts.rows <= rest.saturating_mul(2) {
            break;
        }
        slice.pop();
    }
    (slice.len() >= if is_over { 2 } else { WORTH_IT }).then_some(slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, file_row};

    const HOUR: i64 = 3_600_000_000;

    fn rules(now: &str) -> Rules {
        Rules { now: at(now), settled_micros: HOUR, followed: None, low_water: 1000, rows_max: 1000, bytes_max: 1 << 30 }
    }

    /// Files of the 21st by number, rows and the hour in which they were sealed.
    fn chosen(files: &[(i64, u64, i64)], rules: &Rules, held: &[i64]) -> Option<Vec<i64>> {
        let rows: Vec<FileRow> = files
            .iter()
            .map(|(number, rows, hour)| file_row(*number, *rows, at("2026-11-21T00:00:00Z").plus_micros(hour * HOUR)))
            .collect();
        let mut chosen: Vec<i64> =
            choose(&rows, rules, &|file| held.contains(&file.number))?.iter().map(|file| file.number).collect();
        chosen.sort_unstable();
        Some(chosen)
    }

    #[test]
    fn files_of_an_open_day_wait_for_seven_others() {
        let hours: Vec<(i64, u64, i64)> = (1..=8).map(|n| (n, 10, n)).collect();
        assert_eq!(chosen(&hours, &rules("2026-11-21T12:00:00Z"), &[]), Some((1..=8).collect()));
        assert_eq!(chosen(&hours, &rules("2026-11-21T08:30:00Z"), &[]), None, "the last is too young");
        assert_eq!(chosen(&hours[..7], &rules("2026-11-21T12:00:00Z"), &[]), None);
        assert_eq!(chosen(&hours[..2], &rules("2026-11-22T02:00:00Z"), &[]), Some(vec![1, 2]));
        assert_eq!(chosen(&hours[..1], &rules("2026-11-22T02:00:00Z"), &[]), None);
    }

    #[test]
    fn what_somebody_holds_or_follows_is_left_alone() {
        let hours: Vec<(i64, u64, i64)> = (1..=4).map(|n| (n, 10, n)).collect();
        let over = rules("2026-11-22T02:00:00Z");
        assert_eq!(chosen(&hours, &over, &[2]), Some(vec![1, 3, 4]));
        assert_eq!(chosen(&hours, &Rules { followed: Some(EventId(3)), ..over }, &[]), Some(vec![1, 2, 3]));
        assert_eq!(chosen(&hours, &Rules { low_water: 2, ..over }, &[]), Some(vec![1, 2]));
    }

    #[test]
    fn a_large_file_is_not_rewritten_for_a_small_one() {
        let over = rules("2026-11-22T02:00:00Z");
        assert_eq!(chosen(&[(1, 400, 1), (2, 10, 2)], &over, &[]), None);
        assert_eq!(chosen(&[(1, 400, 1), (2, 200, 2)], &over, &[]), Some(vec![1, 2]));
        assert_eq!(chosen(&[(1, 400, 1), (2, 10, 2), (3, 10, 3)], &over, &[]), Some(vec![2, 3]));
        assert_eq!(chosen(&[(1, 501, 1), (2, 500, 2)], &over, &[]), None, "large enough as it is");
    }

    #[test]
    fn merged_files_have_a_largest_size() {
        let files: Vec<(i64, u64, i64)> = (1..=9).map(|n| (n, 300, n)).collect();
        assert_eq!(chosen(&files, &rules("2026-11-22T02:00:00Z"), &[]), Some(vec![1, 2, 3]));
    }
}
