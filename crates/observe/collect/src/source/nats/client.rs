//! A consumer as `async-nats` has it. A task asks for messages and holds a bounded number of them.

use super::{Login, Message, PENDING_MAX, Peer, Settings, Word};
use crate::inputs::Start;
use crate::state::SourceState;
use crate::stats::SourceStats;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{AckPolicy, Consumer as Pull, DeliverPolicy};
use async_nats::{Client, ConnectOptions, Event, jetstream};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::ClientConfig;
use vigie_model::time::Timestamp;

/// How long the server waits for an acknowledgement before it delivers again.
const ACK_WAIT: Duration = Duration::from_secs(60);

/// What is asked for at once, and how long the request stands.
const MESSAGES_AT_ONCE: usize = 500;
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;
const ASKED_FOR: Duration = Duration::from_secs(20);

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// A consumer that is connected to.
pub(super) struct Consumer {
    client: Client,
    messages: mpsc::Receiver<Result<Message, String>>,
    asking: JoinHandle<()>,
    made_at: i64,
    floor: u64,
    ack_wait: Duration,
}

impl Consumer {
    /// Connects, and makes the consumer where there is none.
    pub(super) async fn connect(settings: &Settings, what: &str, stats: Arc<SourceStats>) -> Result<Self, String> {
        let client = options(settings, what, stats)?.connect(settings.urls.as_slice()).await.map_err(told)?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(ANSWER_MAX);
        let stream = context.get_stream(&settings.stream).await.map_err(told)?;
        let made_at = stream.cached_info().created.unix_timestamp();
        let (one, several) = match settings.subjects.as_slice() {
            [one] => (one.clone(), Vec::new()),
            several => (String::new(), several.to_vec()),
        };
        let wanted = Config {
            durable_name: Some(settings.durable.clone()),
            deliver_policy: if settings.start == Start::Newest { DeliverPolicy::New } else { DeliverPolicy::All },
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            filter_subject: one,
            filter_subjects: several,
            max_ack_pending: PENDING_MAX as i64,
            ..Config::default()
        };
        let consumer: Pull<Config> = stream.get_or_create_consumer(&settings.durable, wanted).await.map_err(told)?;
        let info = consumer.cached_info();
        if info.config.ack_policy != AckPolicy::Explicit {
            return Err(format!("the consumer {} takes no explicit acknowledgements", settings.durable));
        }
        let (floor, ack_wait) = (info.ack_floor.stream_sequence, info.config.ack_wait);
        let (sender, messages) = mpsc::channel(MESSAGES_AT_ONCE);
        let asking = tokio::spawn(ask(consumer, sender));
        Ok(Self { client, messages, asking, made_at, floor, ack_wait })
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.asking.abort();
    }
}

fn options(settings: &Settings, what: &str, stats: Arc<SourceStats>) -> Result<ConnectOptions, String> {
    let what = what.to_owned();
    let mut options = ConnectOptions::new()
        .name("vigie")
        .connection_timeout(ANSWER_MAX)
        .request_timeout(Some(ANSWER_MAX))
        .ping_interval(Duration::from_secs(15))
        .event_callback(move |event| {
            match event {
                // The client connects again by itself; meanwhile it shows.
                Event::Disconnected => {
                    let why = "the connection broke".to_owned();
                    stats.set_state(SourceState::Unreachable { what: what.clone(), why });
                }
                Event::Connected => stats.set_state(SourceState::Running),
                _ => {}
            }
            std::future::ready(())
        });
    if let Some(tls) = &settings.tls {
        options = options.tls_client_config(ClientConfig::clone(tls)).require_tls(true);
    }
    Ok(match &settings.login {
        Login::None => options,
        Login::Password(user, password) => options.user_and_password(user.clone(), password.reveal().to_owned()),
        Login::Token(token) => options.token(token.reveal().to_owned()),
        // The error is not passed on: it may quote what it could not read.
        Login::Credentials(text) => options.credentials(text.reveal()).map_err(|_| "the file of credentials makes no sense")?,
    })
}

/// Asks for messages until nobody wants them, or until asking fails.
async fn ask(consumer: Pull<Config>, sender: mpsc::Sender<Result<Message, String>>) {
    let mut large = false;
    loop {
        let asked = consumer.batch().expires(ASKED_FOR);
        // One that is larger than what is asked for comes alone.
        let asked = if large { asked.max_messages(1) } else { asked.max_messages(MESSAGES_AT_ONCE).max_bytes(BYTES_AT_ONCE) };
        let mut got = match asked.messages().await {
            Ok(got) => got,
            Err(error) => return drop(sender.send(Err(told(error))).await),
        };
        let mut count = 0_usize;
        while let Some(message) = got.next().await {
            let message = match message {
                Ok(message) => message,
                // The rest does not fit into what was asked for.
                Err(error) if error.to_string().contains("MaxBytes") => {
                    large = count == 0;
                    break;
                }
                Err(error) => return drop(sender.send(Err(told(error))).await),
            };
            (count, large) = (count.saturating_add(1), false);
            match taken(message) {
                Some(message) => {
                    if sender.send(Ok(message)).await.is_err() {
                        return;
                    }
                }
                None => return drop(sender.send(Err("a message is none of JetStream".into())).await),
            }
        }
    }
}

fn taken(message: jetstream::Message) -> Option<Message> {
    let info = message.info().ok()?;
    let micros = i64::try_from(info.published.unix_timestamp_nanos() / 1_000).ok();
    let (sequence, time) = (info.stream_sequence, micros.map(Timestamp::from_micros));
    let message = message.message;
    let headers = message.headers.iter().flat_map(async_nats::HeaderMap::iter);
    let headers = headers.flat_map(|(name, values)| values.iter().map(|value| (name.to_string(), value.to_string())));
    Some(Message {
        sequence,
        time,
        headers: headers.collect(),
        subject: message.subject.to_string(),
        reply: message.reply.as_ref()?.to_string(),
        payload: message.payload.to_vec(),
    })
}

impl Peer for Consumer {
    fn made_at(&self) -> i64 {
        self.made_at
    }

    fn floor(&self) -> u64 {
        self.floor
    }

    fn ack_wait(&self) -> Duration {
        self.ack_wait
    }

    async fn next(&mut self) -> Result<Message, String> {
        self.messages.recv().await.unwrap_or_else(|| Err("asking ended".into()))
    }

    async fn tell(&mut self, word: Word, replies: &[String]) -> Result<(), String> {
        let Some((last, others)) = replies.split_last() else { return Ok(()) };
        let payload = match word {
            Word::Done => "+ACK",
            Word::Working => "+WPI",
            Word::Again => "-NAK",
        };
        let telling = async {
            for reply in others {
                self.client.publish(reply.clone(), payload.into()).await.map_err(told)?;
            }
            if word == Word::Done {
                // The server answers the last, and has then taken note of those before.
                self.client.request(last.clone(), payload.into()).await.map_err(told)?;
                return Ok(());
            }
            self.client.publish(last.clone(), payload.into()).await.map_err(told)?;
            self.client.flush().await.map_err(told)
        };
        tokio::time::timeout(ANSWER_MAX, telling).await.map_err(|_| "no answer".to_owned())?
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
