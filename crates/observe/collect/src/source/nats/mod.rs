//! A stream of NATS JetStream, through a durable pull consumer.
//!
//! A message is acknowledged when its events are durable; while that takes long, the server is told that we are at it.
//! What was durable and perhaps not acknowledged stands in the checkpoint by its number in the stream: when it is
//! delivered again, it is acknowledged and gives no events. So a message is there once, unless the stream itself is
//! made anew.

mod client;
mod ledger;
#[cfg(test)]
mod tests;

use super::{Desk, FIRST_PAUSE, Given, Pauses};
use crate::delivery::{Batch, Checkpoint, Undelivered};
use crate::inputs::{Hidden, Start};
use crate::intake::Record;
use crate::state::SourceState;
use ledger::{Arrival, Ledger};
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::ClientConfig;
use vigie_model::time::Timestamp;

/// Most messages that are delivered and not acknowledged.
const PENDING_MAX: usize = 4_000;

/// Longest subject or header that is kept beside a record.
const BESIDE_MAX: usize = 1_024;

/// A stream to read.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The source's name.
    pub(crate) source: Arc<str>,
    pub(crate) urls: Vec<String>,
    pub(crate) stream: String,
    pub(crate) subjects: Vec<String>,
    pub(crate) durable: String,
    pub(crate) start: Start,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) login: Login,
    pub(crate) tenant: Option<Arc<str>>,
}

/// How we prove who we are.
#[derive(Clone, Debug)]
pub(crate) enum Login {
    None,
    Password(String, Hidden),
    Token(Hidden),
    /// What stands in a file of credentials.
    Credentials(Hidden),
}

/// What is told the server about messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// It is durable. The last of several is answered, and with it those before.
    Done,
    /// It takes a while.
    Working,
    /// Deliver it again.
    Again,
}

/// A message as it was delivered.
#[derive(Clone, Debug, Default)]
struct Message {
    /// Its number in the stream.
    sequence: u64,
    subject: String,
    time: Option<Timestamp>,
    headers: Vec<(String, String)>,
    payload: Vec<u8>,
    /// Where the server wants to be told about it.
    reply: String,
}

/// A consumer of a stream that is connected to.
trait Peer: Send {
    /// When the stream was made, in seconds: another one has other numbers.
    fn made_at(&self) -> i64;

    /// All up to this number is acknowledged.
    fn floor(&self) -> u64;

    /// How long the server waits before it delivers again.
    fn ack_wait(&self) -> Duration;

    /// The next message. May be cancelled and called again.
    fn next(&mut self) -> impl Future<Output = Result<Message, String>> + Send;

    /// Tells the server about messages.
    fn tell(&mut self, word: Word, replies: &[String]) -> impl Future<Output = Result<(), String>> + Send;
}

/// Reads a stream until told to stop.
pub(crate) async fn read(settings: Settings, given: Given) {
    let what = format!("{} ({})", settings.stream, settings.urls.join(", "));
    let stats = given.desk.stats.clone();
    read_from(&what, || client::Consumer::connect(&settings, &what, stats.clone()), given).await;
}

async fn read_from<P: Peer, F: Future<Output = Result<P, String>>>(what: &str, connect: impl Fn() -> F, mut given: Given) {
    let mut pauses = Pauses::from(FIRST_PAUSE);
    while !given.stopped_before_settled().await {
        let before = given.outbox.position().map(<[u8]>::to_vec);
        let connected = tokio::select! {
            () = given.stop.stopped() => break,
            connected = connect() => connected,
        };
        let ended = match connected {
            Ok(mut peer) => session(&mut peer, &mut given).await,
            Err(why) => Err(Ended::Unreachable(why)),
        };
        let state = match ended {
            Ok(()) | Err(Ended::Undelivered(Undelivered::Closed)) => break,
            Err(Ended::Unreachable(why)) => SourceState::Unreachable { what: what.into(), why },
            Err(Ended::Undelivered(why)) => SourceState::Failing { why: why.to_string() },
        };
        given.desk.stats.set_state(state);
        if given.outbox.position() != before.as_deref() {
            pauses.reset();
        }
        if given.stop.stopped_within(pauses.next_uneven()).await {
            break;
        }
    }
    given.take_leave().await;
}

/// Why reading has to begin again.
enum Ended {
    Undelivered(Undelivered),
    Unreachable(String),
}

impl From<Undelivered> for Ended {
    fn from(why: Undelivered) -> Self {
        Self::Undelivered(why)
    }
}

/// Reads over one connection; afterwards what was not durable is given back.
async fn session(peer: &mut impl Peer, given: &mut Given) -> Result<(), Ended> {
    given.desk.stats.set_state(SourceState::Running);
    let mut ledger = Ledger::resume(given.outbox.position(), peer.made_at(), peer.floor());
    let ended = deliver(peer, &mut ledger, given).await;
    // Told to stop while a batch was out: should it become durable yet, its messages are acknowledged.
    if let Ok(true) = &ended
        && tokio::time::timeout(super::LEAVE_MAX, given.outbox.settle()).await.is_ok_and(|settled| settled.is_ok())
        && peer.tell(Word::Done, &ledger.durable()).await.is_ok()
    {
        ledger.acknowledged();
    }
    // Sooner than after the server's own patience; when the connection is gone, it does that by itself.
    let _gone = peer.tell(Word::Again, &ledger.outstanding()).await;
    ended.map(|_| ())
}

/// Carries messages until told to stop; true when everything that was handed over is on its way.
async fn deliver(peer: &mut impl Peer, ledger: &mut Ledger, given: &mut Given) -> Result<bool, Ended> {
    let Given { desk, outbox, stop } = given;
    let mut batch = Batch::default();
    // Four times within the server's patience.
    let mut patience = tokio::time::interval((peer.ack_wait() / 4).max(Duration::from_millis(100)));
    patience.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut ticks = 0_u32;
    loop {
        let has_room = batch.has_room() && ledger.waiting() < PENDING_MAX;
        tokio::select! {
            biased;
            () = stop.stopped() => return Ok(true),
            message = peer.next(), if has_room => {
                let message = message.map_err(Ended::Unreachable)?;
                if ledger.arrived(message.sequence, &message.reply) == Arrival::New {
                    read_one(desk, &message, &mut batch);
                }
            }
            settled = outbox.settle(), if !outbox.is_free() => {
                settled?;
                acknowledge(peer, ledger).await?;
            }
            () = ready(()), if outbox.is_free() && ledger.has_news() => {
                let position = ledger.hand_over();
                batch.checkpoint = Some(Checkpoint { source: desk.stats.source().clone(), position });
                let out = outbox.send(std::mem::take(&mut batch));
                tokio::select! {
                    biased;
                    // It is not out: none of it must be acknowledged.
                    () = stop.stopped() => return Ok(false),
                    sent = out => sent?,
                }
            }
            () = ready(()), if outbox.is_free() && ledger.has_repeated() => acknowledge(peer, ledger).await?,
            _ = patience.tick() => {
                ticks = ticks.saturating_add(1);
                if ticks > 16 {
                    ledger.forget_old();
                }
                peer.tell(Word::Working, &ledger.outstanding()).await.map_err(Ended::Unreachable)?;
            }
        }
    }
}

async fn acknowledge(peer: &mut impl Peer, ledger: &mut Ledger) -> Result<(), Ended> {
    peer.tell(Word::Done, &ledger.durable()).await.map_err(Ended::Unreachable)?;
    ledger.acknowledged();
    Ok(())
}

/// The events of a message; an empty one has none.
fn read_one(desk: &mut Desk, message: &Message, batch: &mut Batch) {
    if message.payload.is_empty() {
        return;
    }
    let mut record = Record { time: message.time, ..Record::of(message.payload.as_slice()) };
    let short = |text: &str| !text.is_empty() && text.len() <= BESIDE_MAX;
    // Names that begin like this are the protocol's own.
    for (name, value) in message.headers.iter().filter(|(name, value)| !name.starts_with("Nats-") && short(value)) {
        record.tell(name.as_str(), value.as_str());
    }
    if short(&message.subject) {
        record.more.push(("nats.subject".into(), message.subject.as_str().into()));
    }
    record.more.push(("nats.sequence".into(), message.sequence.to_string().into()));
    let stats = &desk.stats;
    desk.reader.taken_or_aside(&record, desk.clock.now(), &mut |event| {
        stats.count(&event);
        batch.push(event);
    });
}
