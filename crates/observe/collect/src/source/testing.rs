//! A source on the bench: everything it is given, and whoever receives what it delivers.

use super::{Desk, Given, Stop};
use crate::delivery::{Delivery, Outbox};
use crate::dialect::Dialect;
use crate::reader::Reader;
use crate::state::SourceState;
use crate::stats::SourceStats;
use jiff::tz::TimeZone;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use vigie_model::event::Event;
use vigie_model::event::ocsf::field;
use vigie_testkit::FakeClock;

/// A source on the bench.
pub(crate) struct Bench {
    pub(crate) stats: Arc<SourceStats>,
    position: Option<Vec<u8>>,
    sender: mpsc::Sender<Delivery>,
    receiver: mpsc::Receiver<Delivery>,
    stop: watch::Sender<bool>,
}

/// An event that was received and acknowledged.
pub(crate) struct Received(pub(crate) Event);

impl Bench {
    pub(crate) fn new(source: &str, position: Option<Vec<u8>>) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let (stop, _) = watch::channel(false);
        Self { stats: Arc::new(SourceStats::new(source)), position, sender, receiver, stop }
    }

    pub(crate) fn given(&self) -> Given {
        let reader = Reader::new(self.stats.source().clone(), Dialect::Syslog, TimeZone::UTC, "".into());
        let clock = Arc::new(FakeClock::at("2026-11-21T12:00:00Z"));
        let outbox = Outbox::new(self.sender.clone(), self.stats.clone(), self.position.clone());
        Given { desk: Desk { reader, clock, stats: self.stats.clone() }, outbox, stop: Stop::new(self.stop.subscribe()) }
    }

    /// Receives and acknowledges at least so many events.
    pub(crate) async fn receive(&mut self, count: usize) -> Vec<Received> {
        let mut events = Vec::new();
        while events.len() < count {
            let Delivery { batch, ack, .. } = self.receiver.recv().await.unwrap();
            events.extend(batch.events.into_iter().map(Received));
            // The source may be gone: then nobody waits for it.
            let _gone = ack.send(());
        }
        events
    }

    /// The same, and the position that came with the last of them; one batch at least.
    pub(crate) async fn receive_with_position(&mut self, count: usize) -> (Vec<Received>, Option<Vec<u8>>) {
        let mut events = Vec::new();
        loop {
            let Delivery { batch, ack, .. } = self.receiver.recv().await.unwrap();
            events.extend(batch.events.into_iter().map(Received));
            let _gone = ack.send(());
            if events.len() >= count {
                return (events, batch.checkpoint.map(|checkpoint| checkpoint.position));
            }
        }
    }

    /// Receives a batch and lets go of it without acknowledgement.
    pub(crate) async fn refuse(&mut self) {
        drop(self.receiver.recv().await.unwrap());
    }

    /// Waits for a state.
    pub(crate) async fn until(&self, is_it: impl Fn(&SourceState) -> bool) {
        while !is_it(&self.stats.state()) {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl Received {
    pub(crate) fn message(self) -> String {
        self.0.text(field::MESSAGE).unwrap_or_default().to_owned()
    }
}
