use super::*;
use proptest::prelude::*;
use vigie_model::event::ocsf::field;

const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn received() -> Timestamp {
    Timestamp::parse("2026-11-21T08:31:00Z").unwrap()
}

/// 2026-11-21T08:30:00Z
const SENT: u32 = 1_795_249_800;

fn flows() -> Flows {
    Flows::new("netflow/udp".into())
}

fn put(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn set(id: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 4).unwrap();
    put(&[&id.to_be_bytes(), &length.to_be_bytes(), body])
}

fn words(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn version_9(sets: &[u8]) -> Vec<u8> {
    // Up for 100 seconds.
    put(&[&words(&[9, 1]), &100_000_u32.to_be_bytes(), &SENT.to_be_bytes(), &[0; 4], &7_u32.to_be_bytes(), sets])
}

fn ipfix(sets: &[u8]) -> Vec<u8> {
    let length = u16::try_from(sets.len() + 16).unwrap();
    put(&[&words(&[10, length]), &SENT.to_be_bytes(), &[0; 4], &7_u32.to_be_bytes(), sets])
}

/// Addresses, ports, protocol, bytes, packets, first and last by uptime.
fn template_9() -> Vec<u8> {
    set(0, &words(&[256, 9, 8, 4, 12, 4, 7, 2, 11, 2, 4, 1, 1, 4, 2, 4, 22, 4, 21, 4]))
}

fn data_9() -> Vec<u8> {
    let record = put(&[
        &[192, 0, 2, 20],
        &[198, 51, 100, 9],
        &words(&[50_122, 443]),
        &[6],
        &6_220_u32.to_be_bytes(),
        &24_u32.to_be_bytes(),
        &97_000_u32.to_be_bytes(),
        &99_500_u32.to_be_bytes(),
    ]);
    set(256, &record)
}

fn check(event: &Event) {
    assert_eq!(event.unknown_fields(), Vec::<&str>::new());
    assert_eq!(event.text(field::SRC_ENDPOINT_IP), Some("192.0.2.20"));
    assert_eq!(event.text(field::DST_ENDPOINT_IP), Some("198.51.100.9"));
    assert_eq!(event.fields.integer(field::DST_ENDPOINT_PORT), Some(443));
    assert_eq!(event.fields.integer(field::CONNECTION_INFO_PROTOCOL_NUM), Some(6));
    assert_eq!(event.fields.integer(field::TRAFFIC_BYTES), Some(6_220));
    assert_eq!(event.fields.integer(field::TRAFFIC_PACKETS), Some(24));
    assert_eq!(event.fields.integer(field::DURATION), Some(2_500));
    assert_eq!(event.time.to_string(), "2026-11-21T08:29:59.5Z");
    assert_eq!(&*event.origin.host, "192.0.2.1");
}

#[test]
fn version_5_has_fixed_records() {
    let header =
        put(&[&words(&[5, 1]), &100_000_u32.to_be_bytes(), &SENT.to_be_bytes(), &[0; 4], &[0; 4], &[0, 0], &words(&[0x4064])]);
    let record = put(&[
        &[192, 0, 2, 20, 198, 51, 100, 9, 0, 0, 0, 0],
        &words(&[2, 3]),
        &24_u32.to_be_bytes(),
        &6_220_u32.to_be_bytes(),
        &97_000_u32.to_be_bytes(),
        &99_500_u32.to_be_bytes(),
        &words(&[50_122, 443]),
        &[0, 0x1B, 6, 0],
        &words(&[0, 64_500]),
        &[24, 0, 0, 0],
    ]);
    assert_eq!(record.len(), 48);
    let mut flows = flows();
    let events: Vec<Event> = flows.datagram(&put(&[&header, &record]), PEER, received()).collect();
    assert_eq!(events.len(), 1);
    check(&events[0]);
    assert_eq!(&*events[0].origin.format, "netflow5");
    assert_eq!(events[0].fields.integer(field::CONNECTION_INFO_TCP_FLAGS), Some(0x1B));
    assert_eq!(events[0].fields.integer(field::DST_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER), Some(64_500));
    assert_eq!(events[0].text(field::SRC_ENDPOINT_INTERFACE_UID), Some("2"));
    assert!(events[0].unmapped.contains("sampling_interval", "100"));
    assert_eq!(events[0].raw, record);
}

#[test]
fn records_wait_for_their_template() {
    let mut flows = flows();
    assert_eq!(flows.datagram(&version_9(&data_9()), PEER, received()).count(), 0);
    assert_eq!(flows.counts().held, 1);
    let events: Vec<Event> = flows.datagram(&version_9(&template_9()), PEER, received()).collect();
    assert_eq!(events.len(), 1);
    check(&events[0]);
    assert_eq!(flows.counts().released, 1);
    assert_eq!(flows.held_bytes, 0);
    let events: Vec<Event> = flows.datagram(&version_9(&data_9()), PEER, received()).collect();
    check(&events[0]);
    // Another exporter knows nothing of it.
    assert_eq!(flows.datagram(&version_9(&data_9()), "192.0.2.2".parse().unwrap(), received()).count(), 0);
}

#[test]
fn ipfix_has_enterprises_and_lengths_in_the_record() {
    // Source and destination of IPv6, bytes, a name of any length, an element of enterprise 9.
    let fields = put(&[&words(&[300, 6, 27, 16, 28, 16, 1, 8, 96, 65_535, 0x8001, 4]), &9_u32.to_be_bytes(), &words(&[153, 8])]);
    let source = "2001:db8::20".parse::<std::net::Ipv6Addr>().unwrap().octets();
    let millis = u64::from(SENT) * 1000;
    let record =
        put(&[&source, &[0; 16], &6_220_u64.to_be_bytes(), &[5], b"https", &42_u32.to_be_bytes(), &millis.to_be_bytes()]);
    let mut flows = flows();
    let events: Vec<Event> = flows.datagram(&ipfix(&put(&[&set(2, &fields), &set(300, &record)])), PEER, received()).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].text(field::SRC_ENDPOINT_IP), Some("2001:db8::20"));
    assert_eq!(events[0].text(field::DST_ENDPOINT_IP), None);
    assert_eq!(events[0].text(field::APP_PROTOCOL_NAME), Some("https"));
    assert_eq!(events[0].time.to_string(), "2026-11-21T08:30:00Z");
    assert!(events[0].unmapped.contains("ie.9.1", "42"));
    // The template is taken back.
    assert_eq!(flows.datagram(&ipfix(&set(2, &words(&[300, 0]))), PEER, received()).count(), 0);
    assert_eq!(flows.datagram(&ipfix(&set(300, &record)), PEER, received()).count(), 0);
    assert_eq!(flows.counts().held, 1);
}

#[test]
fn options_tell_the_sampling() {
    let options = set(1, &words(&[257, 4, 4, 1, 0, 34, 4]));
    // The scope has no bytes, the interval four.
    let told = set(257, &1_000_u32.to_be_bytes());
    let mut flows = flows();
    let sets = put(&[&options, &told, &template_9(), &data_9()]);
    let events: Vec<Event> = flows.datagram(&version_9(&sets), PEER, received()).collect();
    assert_eq!(events.len(), 1);
    assert!(events[0].unmapped.contains("sampling_interval", "1000"));
}

#[test]
fn nothing_grows_without_end() {
    let mut flows = flows();
    for id in 256..2_000_u16 {
        assert_eq!(flows.datagram(&version_9(&set(0, &words(&[id, 1, 8, 4]))), PEER, received()).count(), 0);
    }
    assert_eq!(flows.counts().templates, TEMPLATES_MAX as u64);
    assert!(flows.counts().refused > 0);
    for _ in 0..1_000 {
        assert_eq!(flows.datagram(&version_9(&set(9_999, &[0; 64])), PEER, received()).count(), 0);
    }
    assert_eq!(flows.counts().held, HELD_MAX as u64);
    assert_eq!(flows.counts().dropped, 1_000 - HELD_MAX as u64);
    assert_eq!(flows.datagram(&[0, 7], PEER, received()).count(), 0);
    assert_eq!(flows.counts().unreadable, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_panics(version in prop_oneof![Just(5_u16), Just(9), Just(10)], bytes in prop::collection::vec(any::<u8>(), 0..300), cut in any::<prop::sample::Index>()) {
        let mut flows = flows();
        let mut datagram = put(&[&version.to_be_bytes(), &bytes]);
        flows.datagram(&datagram, PEER, received()).for_each(drop);
        datagram = version_9(&put(&[&template_9(), &data_9(), &bytes]));
        datagram.truncate(cut.index(datagram.len() + 1));
        flows.datagram(&datagram, PEER, received()).for_each(drop);
        datagram = ipfix(&put(&[&set(2, &bytes), &set(256, &bytes)]));
        flows.datagram(&datagram, PEER, received()).for_each(drop);
    }
}

#[test]
fn what_breaks_the_reader_is_set_aside_and_others_go_on() {
    let mut flows = flows();
    let other = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));
    for peer in [PEER, other] {
        assert_eq!(flows.datagram_or_aside(&version_9(&template_9()), peer, received()).count(), 0);
    }
    let poison: Vec<Event> = flows.guarded(b"\0\x09poison", PEER, received(), |_| panic!("as a reader that is wrong")).collect();
    assert_eq!((&*poison[0].raw, &*poison[0].origin.host, poison.len()), (&b"\0\x09poison"[..], "192.0.2.1", 1));
    assert_eq!(poison[0].unmapped.iter().collect::<Vec<_>>(), [("set_aside", BROKE_OFF)]);
    assert_eq!(flows.datagram_or_aside(&version_9(&data_9()), PEER, received()).count(), 0, "its templates are forgotten");
    assert_eq!(flows.datagram_or_aside(&version_9(&data_9()), other, received()).count(), 1);
}
