//! An intake on the bench, and whoever receives what it delivers.

use super::{Intake, Sources};
use crate::delivery::Delivery;
use crate::mapping::Mappings;
use jiff::tz::TimeZone;
use std::sync::Arc;
use tokio::sync::mpsc;
use vigie_model::event::Event;
use vigie_testkit::FakeClock;

/// An intake on the bench.
pub(crate) struct House {
    pub(crate) intake: Intake,
    pub(crate) deliveries: mpsc::Receiver<Delivery>,
    pub(crate) sources: Sources,
}

impl House {
    pub(crate) fn new() -> Self {
        let (sender, deliveries) = mpsc::channel(64);
        let sources = Sources::default();
        let clock = Arc::new(FakeClock::at("2026-11-22T00:00:00Z"));
        Self {
            intake: Intake::new(sender, clock, TimeZone::UTC, Mappings::shipped().into(), sources.clone()),
            deliveries,
            sources,
        }
    }

    /// Receives and acknowledges at least so many events.
    pub(crate) async fn events(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            let Delivery { batch, ack, .. } = self.deliveries.recv().await.unwrap();
            events.extend(batch.events);
            ack.send(()).unwrap();
        }
        events
    }
}
