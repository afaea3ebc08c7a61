//! A topic in memory stands in for the brokers.

use super::log::{Log, NotFetched, Taken};
use super::*;
use crate::source::testing::{Bench, Received};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The offset of the first record of each partition, and its records.
type Partitions = BTreeMap<i32, (i64, Vec<String>)>;

/// Partitions with the offset of their first record, and the records.
#[derive(Clone, Default)]
struct Fake {
    partitions: Arc<Mutex<Partitions>>,
    /// What the next so many fetches say instead.
    broken: Arc<Mutex<u32>>,
}

impl Fake {
    fn with(partitions: &[(i32, i64, &[&str])]) -> Self {
        let fake = Self::default();
        for (partition, first, values) in partitions {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            fake.all().insert(*partition, (*first, values));
        }
        fake
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Partitions> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, partition: i32, value: &str) {
        self.all().entry(partition).or_default().1.push(value.to_owned());
    }
}

impl Log for Fake {
    async fn partitions(&self) -> Result<Option<BTreeSet<i32>>, String> {
        let all: BTreeSet<i32> = self.all().keys().copied().collect();
        Ok((!all.is_empty()).then_some(all))
    }

    async fn bounds(&self, partition: i32) -> Result<(i64, i64), String> {
        let all = self.all();
        let (first, values) = &all[&partition];
        Ok((*first, first + values.len() as i64))
    }

    async fn fetch(&self, partition: i32, offset: i64, _wait: bool) -> Result<Vec<Taken>, NotFetched> {
        let mut broken = self.broken.lock().unwrap();
        if *broken > 0 {
            *broken -= 1;
            return Err(NotFetched::Broken("the broker is gone".into()));
        }
        let all = self.all();
        let (first, values) = &all[&partition];
        let end = first + values.len() as i64;
        if offset < *first || offset > end {
            return Err(NotFetched::OutOfRange);
        }
        let rest = values.iter().enumerate().skip((offset - first) as usize).take(2);
        Ok(rest.map(|(at, value)| taken(first + at as i64, value)).collect())
    }
}

fn taken(offset: i64, value: &str) -> Taken {
    Taken { offset, value: Some(value.as_bytes().to_vec()), ..Taken::default() }
}

fn start(fake: &Fake, start: Start, bench: &Bench) -> tokio::task::JoinHandle<()> {
    let (fake, given) = (fake.clone(), bench.given());
    tokio::spawn(async move { read_from("topic", start, || async { Ok(fake.clone()) }, given).await })
}

fn messages(received: Vec<Received>) -> Vec<String> {
    let mut all: Vec<String> = received.into_iter().map(Received::message).collect();
    all.sort();
    all
}

fn position(text: &str) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec())
}

#[tokio::test]
async fn every_partition_is_read_from_where_it_was_left() {
    let fake = Fake::with(&[(0, 0, &["a", "b", "c"]), (1, 10, &["x", "y"])]);
    let mut bench = Bench::new("kafka:t", position(r#"{"partitions":{"0":2}}"#));
    let task = start(&fake, Start::Newest, &bench);
    // Partition 1 was added since: it is read whole, whatever the first start was told.
    assert_eq!(messages(bench.receive(3).await), ["c", "x", "y"]);
    fake.put(0, "d");
    let (mut events, last) = bench.receive_with_position(1).await;
    assert_eq!(last.as_deref(), Some(br#"{"partitions":{"0":4,"1":12}}"#.as_slice()));
    let event = events.remove(0).0;
    assert!(event.unmapped.contains("kafka.offset", "3") && event.unmapped.contains("kafka.partition", "0"));
    bench.stop();
    task.await.unwrap();
    assert_eq!(bench.stats.report().acknowledged, 4);
}

#[tokio::test]
async fn the_newest_is_stored_before_anything_comes() {
    let fake = Fake::with(&[(0, 0, &["old"])]);
    let mut bench = Bench::new("kafka:t", None);
    let task = start(&fake, Start::Newest, &bench);
    let (events, stored) = bench.receive_with_position(0).await;
    assert_eq!((events.len(), stored.as_deref()), (0, Some(br#"{"partitions":{"0":1}}"#.as_slice())));
    fake.put(0, "new");
    assert_eq!(messages(bench.receive(1).await), ["new"]);
    bench.stop();
    task.await.unwrap();
}

#[tokio::test]
async fn a_refused_batch_is_fetched_again() {
    let fake = Fake::with(&[(0, 0, &["a", "b"])]);
    let mut bench = Bench::new("kafka:t", None);
    let task = start(&fake, Start::Oldest, &bench);
    bench.refuse().await;
    assert_eq!(messages(bench.receive(2).await), ["a", "b"]);
    bench.stop();
    task.await.unwrap();
}

#[tokio::test]
async fn what_retention_took_is_counted_as_lost_and_a_new_topic_is_read_whole() {
    let fake = Fake::with(&[(0, 5, &["a"]), (1, 0, &["b"])]);
    let mut bench = Bench::new("kafka:t", position(r#"{"partitions":{"0":2,"1":90}}"#));
    let task = start(&fake, Start::Oldest, &bench);
    assert_eq!(messages(bench.receive(2).await), ["a", "b"]);
    assert_eq!(bench.stats.report().lost, 3);
    bench.stop();
    task.await.unwrap();
}

#[tokio::test]
async fn goes_on_when_the_broker_is_back() {
    let fake = Fake::with(&[(0, 0, &["a"])]);
    // More failures than one connection is given.
    *fake.broken.lock().unwrap() = 7;
    let mut bench = Bench::new("kafka:t", None);
    let task = start(&fake, Start::Oldest, &bench);
    bench.until(|state| state.word() == "unreachable").await;
    assert_eq!(messages(bench.receive(1).await), ["a"]);
    bench.until(|state| state.word() == "running").await;
    bench.stop();
    task.await.unwrap();
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_waited_for() {
    let fake = Fake::default();
    let mut bench = Bench::new("kafka:t", None);
    let task = start(&fake, Start::Oldest, &bench);
    bench.until(|state| state.word() == "waiting").await;
    fake.put(0, "a");
    assert_eq!(messages(bench.receive(1).await), ["a"]);
    bench.stop();
    task.await.unwrap();
}

#[test]
fn a_record_without_value_is_no_event_and_headers_say_where_it_comes_from() {
    let bench = Bench::new("kafka:t", None);
    let mut desk = bench.given().desk;
    let mut batch = Batch::default();
    read_one(&mut desk, 0, &Taken { offset: 1, ..Taken::default() }, &mut batch);
    assert!(batch.events.is_empty());
    let record = Taken {
        key: Some(b"order-7".to_vec()),
        headers: vec![("host".into(), b"web-1".to_vec()), ("trace".into(), vec![0xff])],
        ..taken(2, "Failed password for root from 203.0.113.7 port 40000 ssh2")
    };
    read_one(&mut desk, 3, &record, &mut batch);
    let event = &batch.events[0];
    assert_eq!(&*event.origin.host, "web-1");
    assert!(event.unmapped.contains("kafka.key", "order-7"));
}
