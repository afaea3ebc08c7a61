//! A stream in memory stands in for the server.

use super::*;
use crate::source::testing::{Bench, Received};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the server has to deliver, and what it was told.
#[derive(Clone, Default)]
struct Fake {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    due: VecDeque<u64>,
    told: Vec<(Word, String)>,
    /// Whether acknowledgements do not reach it.
    deaf: bool,
}

impl Fake {
    fn of(due: impl IntoIterator<Item = u64>) -> Self {
        let fake = Self::default();
        fake.inner().due.extend(due);
        fake
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears again, and delivers these.
    fn heal(&self, due: impl IntoIterator<Item = u64>) {
        let mut inner = self.inner();
        (inner.deaf, inner.due) = (false, due.into_iter().collect());
    }

    fn told(&self, word: Word) -> Vec<String> {
        self.inner().told.iter().filter(|(told, _)| *told == word).map(|(_, reply)| reply.clone()).collect()
    }

    async fn until(&self, is_it: impl Fn(&Self) -> bool) {
        while !is_it(self) {
            tokio::task::yield_now().await;
        }
    }
}

impl Peer for Fake {
    fn made_at(&self) -> i64 {
        1
    }

    fn floor(&self) -> u64 {
        0
    }

    fn ack_wait(&self) -> Duration {
        Duration::from_millis(400)
    }

    async fn next(&mut self) -> Result<Message, String> {
        let sequence = loop {
            if let Some(sequence) = self.inner().due.pop_front() {
                break sequence;
            }
            tokio::task::yield_now().await;
        };
        Ok(Message {
            sequence,
            subject: "logs.web".into(),
            headers: vec![("host".into(), "web-1".into()), ("Nats-Msg-Id".into(), "x".into())],
            payload: format!("text {sequence}").into_bytes(),
            reply: sequence.to_string(),
            ..Message::default()
        })
    }

    async fn tell(&mut self, word: Word, replies: &[String]) -> Result<(), String> {
        let mut inner = self.inner();
        if inner.deaf && word == Word::Done {
            return Err("no answer".into());
        }
        inner.told.extend(replies.iter().map(|reply| (word, reply.clone())));
        Ok(())
    }
}

fn start(fake: &Fake, bench: &Bench) -> tokio::task::JoinHandle<()> {
    let (fake, given) = (fake.clone(), bench.given());
    tokio::spawn(async move { read_from("logs", || async { Ok(fake.clone()) }, given).await })
}

fn messages(received: Vec<Received>) -> Vec<String> {
    received.into_iter().map(Received::message).collect()
}

#[tokio::test]
async fn a_message_is_acknowledged_when_it_is_durable_and_not_before() {
    let fake = Fake::of([1, 2]);
    let mut bench = Bench::new("nats:logs", None);
    let task = start(&fake, &bench);
    // While nobody takes the batch, the server is told that we are at it.
    fake.until(|fake| fake.told(Word::Working).len() >= 2).await;
    assert_eq!(fake.told(Word::Done), Vec::<String>::new());
    let (mut events, position) = bench.receive_with_position(2).await;
    assert_eq!(position.as_deref(), Some(br#"{"made_at":1,"durable":[[1,2]]}"#.as_slice()));
    let event = events.remove(0).0;
    assert_eq!(&*event.origin.host, "web-1");
    assert!(event.unmapped.contains("nats.subject", "logs.web") && event.unmapped.contains("nats.sequence", "1"));
    fake.until(|fake| fake.told(Word::Done) == ["1", "2"]).await;
    bench.stop();
    task.await.unwrap();
    assert_eq!(bench.stats.report().acknowledged, 2);
}

#[tokio::test]
async fn what_was_durable_and_comes_again_gives_no_events() {
    let fake = Fake::of([3, 4, 5]);
    let mut bench = Bench::new("nats:logs", Some(br#"{"made_at":1,"durable":[[2,4]]}"#.to_vec()));
    let task = start(&fake, &bench);
    assert_eq!(messages(bench.receive(1).await), ["text 5"]);
    fake.until(|fake| fake.told(Word::Done).len() == 3).await;
    bench.stop();
    task.await.unwrap();
    assert_eq!(bench.stats.report().received, 1);
}

#[tokio::test]
async fn an_acknowledgement_that_is_not_heard_is_made_up_for() {
    let fake = Fake::of([1]);
    fake.inner().deaf = true;
    let mut bench = Bench::new("nats:logs", None);
    let task = start(&fake, &bench);
    assert_eq!(messages(bench.receive(1).await), ["text 1"]);
    bench.until(|state| state.word() == "unreachable").await;
    fake.heal([1, 2]);
    assert_eq!(messages(bench.receive(1).await), ["text 2"]);
    fake.until(|fake| fake.told(Word::Done).len() == 2).await;
    bench.stop();
    task.await.unwrap();
}

#[tokio::test]
async fn a_refused_batch_is_given_back() {
    let fake = Fake::of([1]);
    let mut bench = Bench::new("nats:logs", None);
    let task = start(&fake, &bench);
    bench.refuse().await;
    fake.until(|fake| fake.told(Word::Again) == ["1"]).await;
    fake.inner().due.push_back(1);
    assert_eq!(messages(bench.receive(1).await), ["text 1"]);
    bench.stop();
    task.await.unwrap();
}
