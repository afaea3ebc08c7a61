//! A topic as `rskafka` reads it.
//!
//! The client tries again by itself for a while; what it gives up is told here as one sentence. Known of it: records of
//! transactions that were rolled back are given like any other, and a broker whose address is IPv6 in brackets cannot
//! be reached over TLS.

use super::log::{Log, NotFetched, Taken};
use super::{Cluster, Settings};
use crate::inputs::Mechanism;
use rskafka::BackoffConfig;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use rskafka::record::RecordAndOffset;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use vigie_model::time::Timestamp;

/// Most bytes of one answer of a broker; a batch larger than [`FETCH_BYTES`] comes whole.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How much is asked for at once, as the records are packed.
const FETCH_BYTES: i32 = 1024 * 1024;

/// How long a broker waits for records when it has none.
const WAIT_MS: i32 = 1_000;

/// How long the client tries again, and how long anything may take.
const TRY_FOR: Duration = Duration::from_secs(8);
const CALL_MAX: Duration = Duration::from_secs(20);

/// A topic of a cluster that is connected to.
pub(super) struct Topic {
    client: Client,
    topic: String,
    partitions: Mutex<BTreeMap<i32, Arc<PartitionClient>>>,
}

impl Topic {
    /// Connects to the first broker that answers.
    pub(super) async fn connect(settings: &Settings) -> Result<Self, String> {
        let Cluster { brokers, tls, sasl } = &*settings.cluster;
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 3.0,
            deadline: Some(TRY_FOR),
        };
        let mut builder =
            ClientBuilder::new(brokers.clone()).client_id("vigie").max_message_size(ANSWER_BYTES_MAX).backoff_config(backoff);
        if let Some(tls) = tls {
            builder = builder.tls_config(tls.clone());
        }
        if let Some((mechanism, user, password)) = sasl {
            let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
            builder = builder.sasl_config(match mechanism {
                Mechanism::Plain => SaslConfig::Plain(credentials),
                Mechanism::ScramSha256 => SaslConfig::ScramSha256(credentials),
                Mechanism::ScramSha512 => SaslConfig::ScramSha512(credentials),
            });
        }
        let client = within(builder.build()).await.map_err(Failed::told)?;
        Ok(Self { client, topic: settings.topic.clone(), partitions: Mutex::default() })
    }

    async fn partition(&self, partition: i32) -> Result<Arc<PartitionClient>, Failed> {
        if let Some(known) = self.known().get(&partition) {
            return Ok(known.clone());
        }
        let new = within(self.client.partition_client(self.topic.clone(), partition, UnknownTopicHandling::Error)).await?;
        let new = Arc::new(new);
        self.known().insert(partition, new.clone());
        Ok(new)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<i32, Arc<PartitionClient>>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn try_bounds(&self, partition: i32) -> Result<(i64, i64), Failed> {
        let client = self.partition(partition).await?;
        Ok((within(client.get_offset(OffsetAt::Earliest)).await?, within(client.get_offset(OffsetAt::Latest)).await?))
    }

    async fn try_fetch(&self, partition: i32, offset: i64, wait: bool) -> Result<Vec<RecordAndOffset>, Failed> {
        let client = self.partition(partition).await?;
        let wait_ms = if wait { WAIT_MS } else { 0 };
        let (records, _end) = within(client.fetch_records(offset, 1..FETCH_BYTES, wait_ms)).await?;
        Ok(records)
    }
}

impl Log for Topic {
    async fn partitions(&self) -> Result<Option<BTreeSet<i32>>, String> {
        let topics = within(self.client.list_topics()).await.map_err(Failed::told)?;
        Ok(topics.into_iter().find(|topic| topic.name == self.topic).map(|topic| topic.partitions))
    }

    async fn bounds(&self, partition: i32) -> Result<(i64, i64), String> {
        let bounds = self.try_bounds(partition).await;
        bounds.map_err(|failed| {
            self.known().remove(&partition);
            failed.told()
        })
    }

    async fn fetch(&self, partition: i32, offset: i64, wait: bool) -> Result<Vec<Taken>, NotFetched> {
        match self.try_fetch(partition, offset, wait).await {
            Ok(records) => Ok(records.into_iter().map(taken).collect()),
            Err(Failed::Told(Error::ServerError { protocol_error: ProtocolError::OffsetOutOfRange, .. })) => {
                Err(NotFetched::OutOfRange)
            }
            Err(failed) => {
                // Whatever state its connection is in: the next attempt begins with a new one.
                self.known().remove(&partition);
                Err(NotFetched::Broken(failed.told()))
            }
        }
    }
}

fn taken(RecordAndOffset { record, offset }: RecordAndOffset) -> Taken {
    let millis = record.timestamp.timestamp_millis();
    Taken {
        offset,
        // -1 is what a record without time says.
        time: (millis > 0).then(|| Timestamp::from_micros(millis.saturating_mul(1_000))),
        key: record.key,
        value: record.value,
        headers: record.headers.into_iter().collect(),
    }
}

/// Why a call gave nothing.
enum Failed {
    Told(Error),
    TooLong,
}

impl Failed {
    fn told(self) -> String {
        match self {
            Self::Told(Error::ServerError { protocol_error, error_message, .. }) => {
                error_message.unwrap_or_else(|| protocol_error.to_string())
            }
            Self::Told(error) => error.to_string(),
            Self::TooLong => "no answer".into(),
        }
    }
}

async fn within<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Failed> {
    match tokio::time::timeout(CALL_MAX, call).await {
        Ok(answer) => answer.map_err(Failed::Told),
        Err(_) => Err(Failed::TooLong),
    }
}
