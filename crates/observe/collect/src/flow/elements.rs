//! Elements of a flow, by their numbers in IANA's registry of IPFIX, and the event they make.
//!
//! NetFlow 9 has the same numbers below 128. What has no field is kept as `ie.NUMBER`.

use super::ExportClock;
use super::bytes::number;
use crate::format::set_protocol;
use crate::meaning::Meaning;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::{connection_info_direction_id as direction, field};
use vigie_model::event::{Class, Event, Origin};
use vigie_model::time::Timestamp;

/// Longest value that is kept without a field, in bytes.
const KEPT_MAX: usize = 64;

/// From the beginning of NTP's time, 1900, to 1970, in seconds.
const NTP_TO_UNIX: i64 = 2_208_988_800;

/// A flow as it is read.
#[derive(Debug)]
pub(super) struct Record {
    clock: ExportClock,
    meaning: Meaning,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    /// One packet in so many is looked at.
    pub(super) sampling: Option<u64>,
}

impl Record {
    pub(super) fn new(clock: ExportClock) -> Self {
        let meaning = Meaning::new("flow", Class::NetworkActivity, network_activity::TRAFFIC);
        Self { clock, meaning, start: None, end: None, sampling: None }
    }

    /// Takes an element of the registry.
    pub(super) fn take(&mut self, element: u16, value: &[u8]) {
        let meaning = &mut self.meaning;
        let integer = || number(value).and_then(|number| i64::try_from(number).ok());
        let port = || integer().filter(|port| (0..=65_535).contains(port));
        match element {
            8 | 27 => drop(meaning.set_some(field::SRC_ENDPOINT_IP, address(value))),
            12 | 28 => drop(meaning.set_some(field::DST_ENDPOINT_IP, address(value))),
            7 | 180 | 182 => drop(meaning.set_some(field::SRC_ENDPOINT_PORT, port())),
            11 | 181 | 183 => drop(meaning.set_some(field::DST_ENDPOINT_PORT, port())),
            4 => drop(set_protocol(meaning, &integer().unwrap_or_default().to_string())),
            1 | 85 => drop(meaning.set_some(field::TRAFFIC_BYTES, integer())),
            2 | 86 => drop(meaning.set_some(field::TRAFFIC_PACKETS, integer())),
            231 => drop(meaning.set_some(field::TRAFFIC_BYTES_OUT, integer())),
            232 | 23 => drop(meaning.set_some(field::TRAFFIC_BYTES_IN, integer())),
            298 => drop(meaning.set_some(field::TRAFFIC_PACKETS_OUT, integer())),
            299 | 24 => drop(meaning.set_some(field::TRAFFIC_PACKETS_IN, integer())),
            6 => drop(meaning.set_some(field::CONNECTION_INFO_TCP_FLAGS, integer())),
            10 => drop(meaning.set_some(field::SRC_ENDPOINT_INTERFACE_UID, text_of(value))),
            14 => drop(meaning.set_some(field::DST_ENDPOINT_INTERFACE_UID, text_of(value))),
            16 => drop(meaning.set_some(field::SRC_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER, integer())),
            17 => drop(meaning.set_some(field::DST_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER, integer())),
            56 => drop(meaning.set_some(field::SRC_ENDPOINT_MAC, mac(value))),
            80 => drop(meaning.set_some(field::DST_ENDPOINT_MAC, mac(value))),
            58 => drop(meaning.set_some(field::SRC_ENDPOINT_VLAN_UID, text_of(value))),
            59 => drop(meaning.set_some(field::DST_ENDPOINT_VLAN_UID, text_of(value))),
            148 => drop(meaning.set_some(field::CONNECTION_INFO_UID, text_of(value))),
            61 => {
                let way = match integer() {
                    Some(0) => direction::INBOUND,
                    Some(1) => direction::OUTBOUND,
                    _ => direction::UNKNOWN,
                };
                meaning.set(field::CONNECTION_INFO_DIRECTION_ID, way);
            }
            34 | 50 | 305 => self.sampling = number(value).filter(|interval| *interval > 1),
            21 | 22 | 150..=161 | 323..=325 => self.time(element, value),
            96 => drop(meaning.set_some(field::APP_PROTOCOL_NAME, text(value))),
            371 => drop(meaning.set_some(field::ACTOR_USER_NAME, text(value))),
            // Padding.
            210 => {}
            _ => self.keep(&format!("ie.{element}"), value),
        }
    }

    /// Takes an element of an enterprise.
    pub(super) fn take_private(&mut self, enterprise: u32, element: u16, value: &[u8]) {
        // RFC 5103: the same elements of the way back.
        match (enterprise, element) {
            (29_305, 1 | 85) => self.take(232, value),
            (29_305, 2 | 86) => self.take(299, value),
            _ => self.keep(&format!("ie.{enterprise}.{element}"), value),
        }
    }

    fn keep(&mut self, name: &str, value: &[u8]) {
        if value.is_empty() || value.len() > KEPT_MAX || value.iter().all(|byte| *byte == 0) {
            return;
        }
        let shown = match (number(value), value.len()) {
            (Some(number), 1..=8) => number.to_string(),
            _ => text(value).unwrap_or_else(|| hexadecimal(value)),
        };
        self.meaning.keep(name, shown);
    }

    fn time(&mut self, element: u16, value: &[u8]) {
        let Some(number) = number(value) else { return };
        let Ok(whole) = i64::try_from(number) else {
            // NTP's seconds and their parts do not fit; the rest that large is nonsense.
            if matches!(element, 154..=157) {
                self.set_time(element, ntp(number));
            }
            return;
        };
        let time = match element {
            150 | 151 => Some(Timestamp::from_seconds(whole)),
            152 | 153 | 323 => whole.checked_mul(1000).map(Timestamp::from_micros),
            154..=157 => Some(ntp(number)),
            158 | 159 => whole.checked_neg().map(|ago| self.clock.sent.plus_micros(ago)),
            21 | 22 => self.clock.started.and_then(|started| Some(started.plus_micros(whole.checked_mul(1000)?))),
            160 => {
                self.clock.started = whole.checked_mul(1000).map(Timestamp::from_micros);
                return;
            }
            161 => {
                self.meaning.set(field::DURATION, whole);
                return;
            }
            324 => whole.checked_mul(1).map(Timestamp::from_micros),
            _ => None,
        };
        if let Some(time) = time {
            self.set_time(element, time);
        }
    }

    fn set_time(&mut self, element: u16, time: Timestamp) {
        match element {
            22 | 150 | 152 | 154 | 156 | 158 => self.start = Some(time),
            _ => self.end = Some(time),
        }
    }

    /// The event of the flow.
    pub(super) fn event(&self, origin: Origin, raw: &[u8], received: Timestamp) -> Event {
        let mut meaning = self.meaning.clone();
        meaning.set_text(field::DEVICE_IP, &origin.host);
        if let Some(sampling) = self.sampling {
            meaning.keep("sampling_interval", sampling.to_string());
        }
        if let Some(start) = self.start {
            meaning.set(field::START_TIME, start.micros().div_euclid(1000));
        }
        if let Some(end) = self.end {
            meaning.set(field::END_TIME, end.micros().div_euclid(1000));
        }
        if let (Some(start), Some(end)) = (self.start, self.end) {
            let milliseconds = end.since(start).div_euclid(1000);
            if milliseconds >= 0 {
                meaning.set(field::DURATION, milliseconds);
            }
        }
        let said = self.end.unwrap_or(self.clock.sent);
        let (time, unbelieved) = crate::header::settle(Some(said), received);
        if let Some(unbelieved) = unbelieved {
            meaning.set(field::METADATA_ORIGINAL_TIME, unbelieved.to_string());
        }
        let mut event = Event::new(Class::NetworkActivity, time, received, origin, raw.to_vec());
        meaning.apply(&mut event);
        event
    }
}

/// Seconds since 1900 and 2⁻³² parts of one.
fn ntp(number: u64) -> Timestamp {
    let seconds = i64::try_from(number >> 32).unwrap_or(0) - NTP_TO_UNIX;
    let micros = ((number & 0xFFFF_FFFF) * 1_000_000) >> 32;
    Timestamp::from_seconds(seconds).plus_micros(i64::try_from(micros).unwrap_or(0))
}

fn address(value: &[u8]) -> Option<String> {
    let ip = match value.len() {
        4 => IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?)),
        16 => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?)).to_canonical(),
        _ => return None,
    };
    // A template for both families leaves one of them empty.
    (!ip.is_unspecified()).then(|| ip.to_string())
}

fn text_of(value: &[u8]) -> Option<String> {
    number(value).map(|number| number.to_string())
}

fn text(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim_end_matches('\0').trim();
    (!text.is_empty() && text.chars().all(|sign| !sign.is_control())).then(|| text.to_owned())
}

fn mac(value: &[u8]) -> Option<String> {
    let [a, b, c, d, e, f] = value.try_into().ok()?;
    Some(format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"))
}

fn hexadecimal(value: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    value.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
