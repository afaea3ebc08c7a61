//! Searches that find nothing in a file do not look at its rows.

use super::{by_hand, clock, noon_plus, open, open_with};
use crate::testing::{batch, sign_in};
use crate::{Compaction, Lake, Query, Settings, Window};

/// Texts of what was found, and how many rows were looked at for it.
fn found(lake: &Lake, query: &str) -> (usize, u64) {
    let page = lake.search(&Query::parse(query).unwrap(), &Window::all(), 1000, None).unwrap();
    (page.events.len(), page.examined)
}

#[test]
fn an_address_is_found_however_it_was_written_and_else_not_looked_for() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let written = ["192.0.2.1", "::ffff:192.0.2.1", "2001:DB8:0::1", "2001:db8::1", "192.0.2.200"];
    let events = written.iter().zip(0..).map(|(address, second)| sign_in(noon_plus(second), "web-1", "eva", address));
    lake.append(&batch(events.collect())).unwrap();
    let answers = |lake: &Lake| {
        for query in ["ip:192.0.2.1", "ip:\"::ffff:192.0.2.1\"", "src:192.0.2.1", "ip:\"2001:0DB8::1\"", "ip:192.0.2.1/32"] {
            assert_eq!(found(lake, query).0, 2, "{query}");
        }
    };
    answers(&lake);
    lake.seal().unwrap();
    answers(&lake);
    for absent in ["ip:192.0.2.2", "ip:\"2001:db8::2\"", "dst:192.0.2.1", "ip:192.0.2.2 OR ip:192.0.2.3"] {
        assert_eq!(found(&lake, absent), (0, 0), "{absent}");
    }
    let stored = lake.search(&Query::parse("ip:\"2001:db8::1\"").unwrap(), &Window::all(), 9, None).unwrap();
    let raw = String::from_utf8_lossy(&stored.events[1].event.raw).into_owned();
    assert!(raw.contains("2001:DB8:0::1"), "the record says what it said: {raw}");
}

#[test]
fn a_host_and_a_piece_of_text_are_looked_for_where_the_host_is() {
    let directory = tempfile::tempdir().unwrap();
    let clock = clock();
    let compaction = Compaction { every_seconds: 0, after_seconds: 0, rows: 60, ..Compaction::default() };
    let lake = open_with(directory.path(), clock.clone(), Settings { compaction, ..by_hand() });
    // Three machines, each sealed by itself, as a day has many.
    for host in ["Alpha-1", "db-1", "web-1"] {
        let events = (0..20).map(|second| sign_in(noon_plus(second), host, &format!("user-{second}"), "192.0.2.1"));
        lake.append(&batch(events.collect())).unwrap();
        lake.seal().unwrap();
    }
    let answers = |lake: &Lake, examined: u64| {
        assert_eq!(found(lake, "host:web-1 *ser-7*"), (1, examined));
        assert_eq!(found(lake, "host:WEB* *ser-7*"), (1, examined));
        assert_eq!(found(lake, "host:alpha-1 *ser-7*"), (1, examined));
    };
    answers(&lake, 20);
    assert_eq!(found(&lake, "host:zeta *ser-7*"), (0, 0));
    assert_eq!(found(&lake, "host:aaa *ser-7*"), (0, 0));
    clock.advance(2 * 86_400);
    assert_eq!(lake.compact().unwrap().into, 1);
    answers(&lake, 60);
    assert_eq!(found(&lake, "host:zzz*"), (0, 60), "Zzz would lie between Alpha-1 and web-1");
    assert_eq!(found(&lake, "device.name:web-1"), (0, 0), "no row has this field");
}
