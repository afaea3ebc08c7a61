//! Requests on their way in: what they become, and when they are promised.

use super::testing::House;
use super::*;
use vigie_model::event::{Event, Label};

fn from(protocol: &'static str) -> From {
    From { protocol, sender: "edge".into(), peer: "192.0.2.9".into(), keeps: true }
}

/// Takes records, acknowledges what they become, and gives the events.
async fn taken(house: &mut House, count: usize, records: Vec<Record<'static>>) -> Vec<Event> {
    let intake = house.intake.clone();
    let taking = tokio::spawn(async move {
        intake.take(from("test"), 0, move |taking| records.iter().for_each(|record| taking.put(record))).await
    });
    let events = house.events(count).await;
    taking.await.unwrap().unwrap();
    events
}

#[tokio::test]
async fn a_line_in_an_envelope_is_read_as_what_it_is() {
    let mut house = House::new();
    let line = "Nov 21 08:30:00 web-1 sshd[842]: Failed password for root from 192.0.2.7 port 50022 ssh2";
    let envelope =
        format!(r#"{{"@timestamp":"2026-11-21T09:00:00Z","message":{line:?},"kubernetes":{{"namespace_name":"shop"}},"x":"y"}}"#);
    let events = taken(&mut house, 2, vec![Record::of(line.as_bytes()), Record::of(envelope.clone().into_bytes())]).await;
    for event in &events {
        assert_eq!((&*event.origin.format, &*event.origin.host), ("sshd", "web-1"));
        assert_eq!(event.time.to_string(), "2026-11-21T08:30:00Z");
        assert_eq!(&*event.origin.source, "test:edge");
        assert!(event.unmapped.contains("peer", "192.0.2.9"));
    }
    assert_eq!(events[1].raw, envelope.as_bytes());
    assert_eq!(events[1].origin.labels.get(Label::Namespace), Some("shop"));
    assert!(events[1].unmapped.contains("x", "y"));
}

#[tokio::test]
async fn the_token_says_whose_a_record_is_and_the_record_does_not() {
    let said = |text: &str| text.parse().unwrap();
    for (tenants, tenant) in
        [(vec!["acme", "edge=shop"], Some("shop")), (vec!["acme", "other=shop"], Some("acme")), (vec![], None)]
    {
        let mut house = House::new();
        house.intake = house.intake.of_tenants(tenants.into_iter().map(said).collect());
        let envelope =
            br#"{"message":"ERROR: x","tenant":"mine","labels":{"tenant":"mine"},"kubernetes":{"namespace_name":"n"}}"#;
        let events = taken(&mut house, 1, vec![Record::of(&envelope[..])]).await;
        assert_eq!(events[0].origin.labels.get(Label::Tenant), tenant);
        assert_eq!(events[0].origin.labels.get(Label::Namespace), Some("n"));
    }
}

#[tokio::test]
async fn a_line_without_header_gets_what_the_protocol_says() {
    let mut house = House::new();
    let mut record = Record::of(&b"Accepted publickey for eva from 192.0.2.7 port 1 ssh2: ED25519 SHA256:x"[..]);
    record.tell("_HOSTNAME", "db-1");
    record.tell("SYSLOG_IDENTIFIER", "sshd");
    record.tell("team", "data");
    record.time = Some(vigie_model::time::Timestamp::parse("2026-11-21T08:30:00Z").unwrap());
    let app = Record {
        path: Some("/var/log/dpkg.log".into()),
        ..Record::of(&b"2026-11-21 08:30:00 status installed curl:amd64 8.14.1-2"[..])
    };
    let events = taken(&mut house, 3, vec![record, app, Record::of(&b"ERROR: no header here"[..])]).await;
    assert_eq!((&*events[0].origin.format, &*events[0].origin.host), ("sshd", "db-1"));
    assert_eq!(events[0].origin.labels.get(Label::Team), Some("data"));
    assert_eq!(&*events[1].origin.format, "dpkg");
    assert_eq!((&*events[2].origin.format, &*events[2].origin.host), ("", "192.0.2.9"));
}

#[tokio::test]
async fn the_blank_that_rsyslog_leaves_before_a_message_is_no_part_of_it() {
    let mut house = House::new();
    let record = br#"{"@timestamp":"2026-11-21T08:30:00Z","host":"web-1","appname":"sshd","message":" Failed password for root from 192.0.2.7 port 50022 ssh2"}"#;
    let events = taken(&mut house, 1, vec![Record::of(&record[..])]).await;
    assert_eq!((&*events[0].origin.format, &*events[0].origin.host), ("sshd", "web-1"));
}

#[tokio::test]
async fn a_record_longer_than_an_event_comes_in_parts() {
    let mut house = House::new();
    let long = vec![b'x'; 150_000];
    let events = taken(&mut house, 3, vec![Record::of(long.clone())]).await;
    assert_eq!(events.len(), 3);
    assert_eq!(events.iter().flat_map(|event| event.raw.clone()).collect::<Vec<_>>(), long);
}

#[tokio::test]
async fn nothing_is_promised_that_is_not_durable() {
    let mut house = House::new();
    let intake = house.intake.clone();
    let taking = tokio::spawn(async move { intake.take(from("test"), 0, |taking| taking.put(&Record::of(&b"x"[..]))).await });
    drop(house.deliveries.recv().await.unwrap());
    assert_eq!(taking.await.unwrap(), Err(Refused::NotDurable));
    let report = house.sources.lock().unwrap()[0].report();
    assert_eq!((report.received, report.refused, report.acknowledged), (1, 1, 0));
    house.intake.close();
    let refused = house.intake.take(from("test"), 0, |taking| taking.put(&Record::of(&b"x"[..]))).await;
    assert_eq!(refused, Err(Refused::Closed));
}

#[tokio::test]
async fn room_has_an_end_and_comes_back() {
    let house = House::new();
    let mut rooms: Vec<Room> = (0..2).map(|_| house.intake.room()).collect();
    for room in &mut rooms {
        room.grow(REQUEST_BYTES_MAX).await.unwrap();
    }
    let mut third = house.intake.room();
    assert_eq!(third.grow(REQUEST_BYTES_MAX).await, Err(Refused::Busy));
    assert_eq!(third.grow_now(3 * REQUEST_BYTES_MAX), Err(Refused::TooLarge));
    rooms.pop();
    third.grow(REQUEST_BYTES_MAX).await.unwrap();
    let many =
        house.intake.take(from("test"), 0, |taking| (0..=RECORDS_MAX).for_each(|_| taking.put(&Record::of(&b"x"[..])))).await;
    assert_eq!(many, Err(Refused::TooMany));
}

#[tokio::test]
async fn a_document_counts_as_the_records_in_it() {
    let house = House::new();
    let document = format!(r#"{{"kind":"EventList","items":[{}]}}"#, vec!["{}"; RECORDS_MAX + 1].join(","));
    let many = house.intake.take(from("test"), 0, move |taking| taking.put(&Record::of(document.into_bytes()))).await;
    assert_eq!(many, Err(Refused::TooMany));
}

#[tokio::test]
async fn senders_beyond_the_limit_are_counted_together() {
    let house = House::new();
    for number in 0..SENDERS_MAX + 10 {
        house.intake.door(&From { protocol: "test", sender: number.to_string(), peer: String::new(), keeps: true });
    }
    assert_eq!(house.sources.lock().unwrap().len(), SENDERS_MAX + 1);
}
