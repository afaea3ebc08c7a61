//! Flows that routers and switches export: NetFlow 5 and 9 (RFC 3954) and IPFIX (RFC 7011).
//!
//! [`Flows`] is given datagrams and gives events; sockets are somebody else's. Versions 9 and 10 say
//! in templates what their records look like, and send them again every few minutes: records that come
//! before their template are held back, up to limits, and read when it arrives. Everything an exporter
//! can make grow has a limit, so one that lies costs others nothing. Sampling rates are kept beside the
//! counts and never multiplied in. Left out: sFlow, and the mediation of RFC 5982.

mod bytes;
mod elements;
mod template;
#[cfg(test)]
mod tests;
mod v5;

use crate::reader::BROKE_OFF;
use bytes::Bytes;
use elements::Record;
use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use template::{Kind, Template};
use vigie_model::event::{Class, Event, Labels, Origin};
use vigie_model::time::Timestamp;

/// The values of `origin.format` of flows.
pub const FORMATS: [&str; 3] = ["ipfix", "netflow5", "netflow9"];

/// Most exporters known at a time, each observation domain counted for itself.
const EXPORTERS_MAX: usize = 4_096;

/// Most templates of one exporter.
const TEMPLATES_MAX: usize = 256;

/// Most sets held back for one exporter until their template comes.
const HELD_MAX: usize = 64;

/// Most bytes held back for all exporters.
const HELD_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most records of one datagram: a record of one byte would make 65,000 events of it.
const RECORDS_MAX: usize = 4_096;

/// What could be read and what not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowCounts {
    /// Datagrams given.
    pub datagrams: u64,
    /// Events made.
    pub flows: u64,
    /// Templates learned or learned anew.
    pub templates: u64,
    /// Sets held back because their template had not come.
    pub held: u64,
    /// Sets that were held back and then read.
    pub released: u64,
    /// Sets let go because too many were held back.
    pub dropped: u64,
    /// Datagrams, sets and records that make no sense, or are of another protocol.
    pub unreadable: u64,
    /// Templates and exporters refused because there were too many.
    pub refused: u64,
}

/// Reads flow exports. Keeps the templates of each exporter.
#[derive(Debug)]
pub struct Flows {
    source: Arc<str>,
    /// What all of it belongs to.
    labels: Labels,
    formats: [Arc<str>; 3],
    exporters: HashMap<Key, Exporter>,
    held_bytes: usize,
    counts: FlowCounts,
}

/// Who exports: its address, its version, its observation domain.
type Key = (IpAddr, u16, u32);

#[derive(Debug)]
struct Exporter {
    host: Arc<str>,
    templates: HashMap<u16, Template>,
    held: Vec<Held>,
    /// One packet in so many is looked at.
    sampling: Option<u64>,
}

/// A set whose template has not come.
#[derive(Debug)]
struct Held {
    id: u16,
    bytes: Vec<u8>,
    clock: ExportClock,
}

/// The times a header tells.
#[derive(Clone, Copy, Debug)]
struct ExportClock {
    /// When the datagram was sent.
    sent: Timestamp,
    /// When the exporter was started, which some times count from.
    started: Option<Timestamp>,
}

impl Flows {
    /// A reader whose events came through `source`.
    #[must_use]
    pub fn new(source: Arc<str>) -> Self {
        let formats = FORMATS.map(Arc::from);
        Self { source, labels: Labels::none(), formats, exporters: HashMap::new(), held_bytes: 0, counts: FlowCounts::default() }
    }

    /// The same for flows that all belong to this.
    #[must_use]
    pub fn labelled(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self
    }

    /// What could be read and what not, since the beginning.
    #[must_use]
    pub const fn counts(&self) -> FlowCounts {
        self.counts
    }

    /// The events of a datagram from `peer`, and of what was held back for a template in it.
    pub fn datagram(&mut self, bytes: &[u8], peer: IpAddr, received: Timestamp) -> std::vec::IntoIter<Event> {
        self.counts.datagrams += 1;
        let mut events = Vec::new();
        let understood = match Bytes::new(bytes).u16() {
            Some(5) => self.version_5(bytes, peer, received, &mut events),
            Some(9) => self.version_9(bytes, peer, received, &mut events),
            Some(10) => self.ipfix(bytes, peer, received, &mut events),
            _ => None,
        };
        if understood.is_none() {
            self.counts.unreadable += 1;
        }
        self.counts.flows += events.len() as u64;
        events.into_iter()
    }

    /// As [`Flows::datagram`]; a datagram over which a reader breaks off is set aside as one event, and what was
    /// known of its exporter is forgotten: it may have been left half done.
    pub fn datagram_or_aside(&mut self, bytes: &[u8], peer: IpAddr, received: Timestamp) -> std::vec::IntoIter<Event> {
        self.guarded(bytes, peer, received, |flows| flows.datagram(bytes, peer, received))
    }

    fn guarded(
        &mut self,
        bytes: &[u8],
        peer: IpAddr,
        received: Timestamp,
        read: impl FnOnce(&mut Self) -> std::vec::IntoIter<Event>,
    ) -> std::vec::IntoIter<Event> {
        if let Ok(events) = catch_unwind(AssertUnwindSafe(|| read(self))) {
            return events;
        }
        tracing::error!(source = %self.source, %peer, bytes = bytes.len(), "a reader of flows broke off; the datagram is set aside");
        self.exporters.retain(|(address, ..), _| *address != peer);
        self.held_bytes = self.exporters.values().flat_map(|exporter| &exporter.held).map(|held| held.bytes.len()).sum();
        self.counts.unreadable += 1;
        let origin = Origin {
            source: Arc::clone(&self.source),
            format: "".into(),
            host: peer.to_string().into(),
            labels: self.labels.clone(),
        };
        let mut event = Event::new(Class::BaseEvent, received, received, origin, bytes.to_vec());
        event.unmapped.push("set_aside", BROKE_OFF);
        vec![event].into_iter()
    }

    fn version_5(&mut self, bytes: &[u8], peer: IpAddr, received: Timestamp, events: &mut Vec<Event>) -> Option<()> {
        let header = v5::Header::read(bytes)?;
        let host: Arc<str> = peer.to_string().into();
        for raw in v5::records(bytes, header.count) {
            let record = v5::read(raw, &header);
            events.push(self.event(&record, 1, &host, raw, received));
        }
        Some(())
    }

    /// Version, count, uptime in ms, seconds since 1970, sequence, source.
    fn version_9(&mut self, bytes: &[u8], peer: IpAddr, received: Timestamp, events: &mut Vec<Event>) -> Option<()> {
        let mut header = Bytes::new(bytes);
        header.skip(4)?;
        let (uptime, seconds) = (header.u32()?, header.u32()?);
        header.skip(4)?;
        let domain = header.u32()?;
        let sent = Timestamp::from_seconds(i64::from(seconds));
        let clock = ExportClock { sent, started: Some(sent.plus_micros(-i64::from(uptime) * 1000)) };
        self.sets(header.rest(), (peer, 9, domain), clock, received, events);
        Some(())
    }

    /// Version, length, seconds since 1970, sequence, observation domain.
    fn ipfix(&mut self, bytes: &[u8], peer: IpAddr, received: Timestamp, events: &mut Vec<Event>) -> Option<()> {
        let mut header = Bytes::new(bytes);
        header.skip(2)?;
        let length = usize::from(header.u16()?);
        let seconds = header.u32()?;
        header.skip(4)?;
        let domain = header.u32()?;
        let clock = ExportClock { sent: Timestamp::from_seconds(i64::from(seconds)), started: None };
        let body = bytes.get(16..length.min(bytes.len()))?;
        self.sets(body, (peer, 10, domain), clock, received, events);
        Some(())
    }

    fn sets(&mut self, mut rest: &[u8], key: Key, clock: ExportClock, received: Timestamp, events: &mut Vec<Event>) {
        if !self.exporters.contains_key(&key) {
            if self.exporters.len() >= EXPORTERS_MAX {
                self.counts.refused += 1;
                return;
            }
            self.exporters.insert(key, Exporter::new(key.0));
        }
        while !rest.is_empty() {
            let mut header = Bytes::new(rest);
            let (Some(id), Some(length)) = (header.u16(), header.u16()) else { break };
            let Some((set, after)) = rest.split_at_checked(usize::from(length)).filter(|_| length >= 4) else {
                self.counts.unreadable += 1;
                return;
            };
            rest = after;
            let body = set.get(4..).unwrap_or_default();
            match (key.1, id) {
                (9, 0) | (10, 2) => self.learn(key, body, Kind::Data),
                (9, 1) | (10, 3) => self.learn(key, body, Kind::Options),
                (_, 256..) => self.data(key, id, body, clock, received, events),
                _ => self.counts.unreadable += 1,
            }
        }
        self.release(key, received, events);
    }

    fn learn(&mut self, key: Key, body: &[u8], kind: Kind) {
        let Some(exporter) = self.exporters.get_mut(&key) else { return };
        let mut bytes = Bytes::new(body);
        // What is shorter than a header fills the set up to a multiple of four.
        while bytes.len() >= 4 {
            let Some((id, template)) = template::read(&mut bytes, key.1, kind) else {
                self.counts.unreadable += 1;
                return;
            };
            match template {
                // IPFIX takes a template back by one without fields.
                None => drop(exporter.templates.remove(&id)),
                Some(_) if exporter.templates.len() >= TEMPLATES_MAX && !exporter.templates.contains_key(&id) => {
                    self.counts.refused += 1;
                }
                Some(template) => {
                    exporter.templates.insert(id, template);
                    self.counts.templates += 1;
                }
            }
        }
    }

    fn data(&mut self, key: Key, id: u16, body: &[u8], clock: ExportClock, received: Timestamp, events: &mut Vec<Event>) {
        let Some(exporter) = self.exporters.get_mut(&key) else { return };
        let Some(template) = exporter.templates.get(&id).cloned() else {
            if exporter.held.len() >= HELD_MAX || self.held_bytes + body.len() > HELD_BYTES_MAX {
                self.counts.dropped += 1;
            } else {
                self.held_bytes += body.len();
                exporter.held.push(Held { id, bytes: body.to_vec(), clock });
                self.counts.held += 1;
            }
            return;
        };
        let (host, mut sampling) = (exporter.host.clone(), exporter.sampling);
        let mut bytes = Bytes::new(body);
        while bytes.len() >= template.length_min() && events.len() < RECORDS_MAX {
            let Some((mut record, raw)) = template.record(&mut bytes, clock) else {
                self.counts.unreadable += 1;
                break;
            };
            if template.kind() == Kind::Options {
                sampling = record.sampling.or(sampling);
                continue;
            }
            record.sampling = record.sampling.or(sampling);
            events.push(self.event(&record, if key.1 == 10 { 0 } else { 2 }, &host, raw, received));
        }
        if let Some(exporter) = self.exporters.get_mut(&key) {
            exporter.sampling = sampling;
        }
    }

    /// Reads what was held back and has its template now.
    fn release(&mut self, key: Key, received: Timestamp, events: &mut Vec<Event>) {
        let Some(exporter) = self.exporters.get_mut(&key) else { return };
        if exporter.held.is_empty() || exporter.templates.is_empty() {
            return;
        }
        let templates = &exporter.templates;
        let (ready, waiting): (Vec<Held>, Vec<Held>) =
            std::mem::take(&mut exporter.held).into_iter().partition(|held| templates.contains_key(&held.id));
        exporter.held = waiting;
        for held in ready {
            self.held_bytes -= held.bytes.len().min(self.held_bytes);
            self.counts.released += 1;
            self.data(key, held.id, &held.bytes, held.clock, received, events);
        }
    }

    fn event(&self, record: &Record, format: usize, host: &Arc<str>, raw: &[u8], received: Timestamp) -> Event {
        let origin = Origin {
            source: self.source.clone(),
            format: self.formats.get(format).cloned().unwrap_or_else(|| self.source.clone()),
            host: host.clone(),
            labels: self.labels.clone(),
        };
        record.event(origin, raw, received)
    }
}

impl Exporter {
    fn new(peer: IpAddr) -> Self {
        Self { host: peer.to_string().into(), templates: HashMap::new(), held: Vec::new(), sampling: None }
    }
}
