//! Which events go into which file: those of a class, a tenant and a day.

use crate::codec::EventView;
use crate::row::Row;
use crate::tenant;
use std::collections::{BTreeMap, HashMap};
use vigie_model::event::{Class, Label};
use vigie_model::time::{Day, Timestamp};

/// Where an event is and where it goes. Sorted, events of a file stand together, newest first.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) time: Timestamp,
    pub(super) id: u64,
    pub(super) record: u32,
    pub(super) offset: u32,
}

/// Where the events are, by the file they go into.
#[derive(Default)]
pub(super) struct Places {
    parts: BTreeMap<(Class, usize, Day), (Vec<Place>, usize)>,
    /// The tenants that events say, by their place from 1 on; 0 is the one of events that say none.
    tenants: HashMap<Box<str>, usize>,
}

/// The events of a file to come.
pub(super) struct Part {
    pub(super) class: Class,
    pub(super) tenant: Box<str>,
    pub(super) day: Day,
    pub(super) places: Vec<Place>,
    /// Bytes of the records.
    pub(super) raw_bytes: usize,
}

impl Places {
    pub(super) fn push(&mut self, event: &EventView<'_>, place: Place) {
        let tenant = self.tenant(event.label(Label::Tenant));
        let day = partition_day(event.time(), event.received());
        let (places, raw_bytes) = self.parts.entry((event.class(), tenant, day)).or_default();
        places.push(place);
        *raw_bytes += event.raw().len();
    }

    fn tenant(&mut self, name: Option<&str>) -> usize {
        let Some(name) = name else { return 0 };
        if let Some(known) = self.tenants.get(name) {
            return *known;
        }
        let next = self.tenants.len() + 1;
        self.tenants.insert(name.into(), next);
        next
    }

    /// The events of each file, newest first. They come nearly in order, so a sort that goes by runs
    /// has little to do.
    pub(super) fn into_parts(self) -> Vec<Part> {
        let mut names: Vec<Box<str>> = vec![tenant::DEFAULT.into(); self.tenants.len() + 1];
        for (name, place) in self.tenants {
            if let Some(unnamed) = names.get_mut(place) {
                *unnamed = name;
            }
        }
        let part = |((class, tenant, day), (mut places, raw_bytes)): (_, (Vec<Place>, usize))| {
            places.sort_by_key(|place| std::cmp::Reverse((place.time, place.id)));
            let tenant = names.get(tenant).cloned().unwrap_or_else(|| tenant::DEFAULT.into());
            Part { class, tenant, day, places, raw_bytes }
        };
        self.parts.into_iter().map(part).collect()
    }
}

/// Days before its receipt for which an event gets a day of its own.
const DAYS_KEPT_APART: i64 = 31;
/// Months before its receipt for which an event gets a month of its own, in days.
const DAYS_IN_MONTHS: i64 = 3660;

/// The day in whose directory an event goes.
///
/// Its own, as long as a sound clock may have made it. Older ones share the first day of their month,
/// those from before ten years the last such month, and those from the future the day after their
/// receipt: so nobody who invents times makes more than some hundred files. The time itself stays.
fn partition_day(time: Timestamp, received: Timestamp) -> Day {
    let today = received.day().number();
    let day = time.day().number();
    let held = if day > today {
        day.min(today + 1)
    } else if day >= today - DAYS_KEPT_APART {
        day
    } else {
        first_of_month(day.max(today - DAYS_IN_MONTHS))
    };
    // Years of four digits only: 1970-01-01 to 9999-12-30.
    Day::from_number(held.clamp(0, 2_932_895))
}

fn first_of_month(day: i64) -> i64 {
    let text = Day::from_number(day).to_string();
    let of_month = text.rsplit('-').next().and_then(|day| day.parse::<i64>().ok());
    day - of_month.map_or(0, |of_month| of_month - 1)
}

pub(super) fn path_of(part: &Part, low_water: u64, name: &str) -> String {
    let (class, tenant) = (part.class.uid(), tenant::directory(&part.tenant));
    let day = part.day.to_string().replace('-', "");
    format!("class={class}/tenant={tenant}/eventDay={day}/{low_water:016}{name}.parquet")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;
    use proptest::prelude::*;

    #[test]
    fn days_of_unsound_clocks_are_held() {
        let received = at("2026-11-21T08:00:00Z");
        for (time, day) in [
            ("2026-11-21T23:59:59Z", "2026-11-21"),
            ("2026-11-20T00:00:00Z", "2026-11-20"),
            ("2026-10-21T00:00:00Z", "2026-10-21"),
            ("2026-10-20T00:00:00Z", "2026-10-01"),
            ("2024-02-29T00:00:00Z", "2024-02-01"),
            ("1970-01-01T00:00:00Z", "2016-11-01"),
            ("-009999-01-02T01:59:59Z", "2016-11-01"),
            ("2026-11-22T10:00:00Z", "2026-11-22"),
            ("2038-01-19T03:14:07Z", "2026-11-22"),
        ] {
            assert_eq!(partition_day(at(time), received).to_string(), day, "{time}");
        }
        assert_eq!(partition_day(Timestamp::MIN, Timestamp::MIN).to_string(), "1970-01-01");
        assert_eq!(partition_day(Timestamp::MAX, Timestamp::MAX).to_string().len(), 10);
    }

    proptest! {
        #[test]
        fn a_receipt_makes_few_days(times in proptest::collection::vec(any::<i64>(), 1000)) {
            let received = at("2026-11-21T08:00:00Z");
            let days: std::collections::BTreeSet<Day> =
                times.iter().map(|micros| partition_day(Timestamp::from_micros(*micros / 8), received)).collect();
            prop_assert!(days.len() <= 160);
        }
    }
}
