//! Records of auditd that something else carried: a syslog, a file of several programs, a shipper.

use crate::dialect::Dialect;
use crate::frame::Piece;
use crate::intake::Record;
use crate::reader::Reader;
use jiff::tz::TimeZone;
use vigie_model::event::Event;
use vigie_model::event::ocsf::field;
use vigie_model::time::Timestamp;

const RECORD: &str = "type=USER_LOGIN msg=audit(1795249800.123:456): pid=842 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct=\"eva\" exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.7 terminal=ssh res=failed'";

/// The event of a line, from a file and from a shipper.
fn events(line: &str) -> [Event; 2] {
    let received = Timestamp::parse("2026-11-22T00:00:00Z").unwrap();
    let mut reader = Reader::new("s".into(), Dialect::Syslog, TimeZone::UTC, "here".into());
    let read = reader.record(Piece { bytes: line.as_bytes(), continues: false, cut: false }, received);
    let mut taken = None;
    reader.taken(&Record::of(line.as_bytes()), received, &mut |event| taken = Some(event));
    [read, taken.unwrap()]
}

#[test]
fn a_record_is_known_wherever_it_stands() {
    for (header, host) in [
        ("", "here"),
        ("node=web-2 ", "web-2"),
        ("Nov 21 08:30:07 log-1 audispd: ", "log-1"),
        ("Nov 21 08:30:07 log-1 audispd: node=web-2 ", "web-2"),
        ("<13>Nov 21 08:30:07 log-1 audisp-syslog[55]: ", "log-1"),
        ("<13>Nov 21 08:30:07 log-1 audisp-syslog[55]:  node=web-2 ", "web-2"),
        ("<13>1 2026-11-21T08:30:07Z log-1 tag_audit_log - - - ", "log-1"),
        ("Nov 21 08:30:07 log-1 tag_audit_log: ", "log-1"),
    ] {
        for event in events(&format!("{header}{RECORD}")) {
            assert_eq!(&*event.origin.format, "audit", "{header}");
            assert_eq!(event.time.to_string(), "2026-11-21T08:30:00.123Z", "{header}");
            assert_eq!(event.text(field::USER_NAME), Some("eva"), "{header}");
            assert_eq!(event.text(field::SRC_ENDPOINT_IP), Some("192.0.2.7"), "{header}");
            assert!(&*event.origin.host == host || header.is_empty(), "{header}: {}", event.origin.host);
        }
    }
}

#[test]
fn what_the_journal_hands_on_has_its_kind_in_front() {
    for event in events("Nov 21 08:30:07 web-1 audit[842]: USER_LOGIN pid=842 uid=0 msg='op=login acct=\"eva\" res=failed'") {
        assert_eq!((&*event.origin.format, event.text(field::USER_NAME)), ("audit", Some("eva")));
        assert_eq!(event.time.to_string(), "2026-11-21T08:30:07Z");
    }
}

#[test]
fn what_only_looks_alike_is_none() {
    for line in [
        "type=traffic msg=audit done user=eva",
        "node=web-1 type=USER_LOGIN user=eva",
        "Nov 21 08:30:07 web-1 app[1]: USER_LOGIN pid=842 uid=0",
        "Nov 21 08:30:07 web-1 audit[1]: started pid=842",
        "Nov 21 08:30:07 web-1 audit[1]: DONE with it",
    ] {
        for event in events(line) {
            assert_ne!(&*event.origin.format, "audit", "{line}");
        }
    }
}
