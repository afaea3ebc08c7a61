//! Objects in memory stand in for a bucket.

use super::*;
use crate::mapping::Mappings;
use crate::source::testing::{Bench, Received};
use std::io::Write;
use vigie_objects::Bytes;

fn settings(objects: &Objects) -> Settings {
    Settings {
        source: "objects:x".into(),
        objects: objects.clone(),
        start: Start::Oldest,
        every: Duration::from_millis(2),
        late: Duration::from_secs(3_600),
        settle: Duration::ZERO,
        ordered: false,
        tenant: None,
    }
}

fn start(settings: Settings, bench: &Bench) -> tokio::task::JoinHandle<()> {
    let mut given = bench.given();
    // Objects are written now, not when the bench's clock stands.
    given.desk.clock = Arc::new(vigie_kit::clock::SystemClock);
    tokio::spawn(read(settings, Mappings::shipped().into(), given))
}

async fn put(objects: &Objects, key: &str, bytes: &[u8]) {
    objects.put(key, Bytes::copy_from_slice(bytes)).await.unwrap();
}

fn messages(received: Vec<Received>) -> Vec<String> {
    let mut all: Vec<String> = received.into_iter().map(Received::message).collect();
    all.sort();
    all
}

fn lines(from: usize, to: usize) -> String {
    (from..to).map(|number| format!("text {number:04}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_object_is_read_once_and_a_replaced_one_again() {
    let objects = Objects::in_memory();
    put(&objects, "a/1.log", b"one\ntwo\n").await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(b"{\"Records\":[{\"message\":\"three\"},{\"message\":\"four\"}]}").unwrap();
    put(&objects, "a/2.json.gz", &packed.finish().unwrap()).await;
    let mut bench = Bench::new("objects:x", None);
    let task = start(settings(&objects), &bench);
    let (events, _) = bench.receive_with_position(4).await;
    assert!(events.iter().any(|event| event.0.unmapped.contains("objects.key", "a/1.log")));
    assert_eq!(messages(events), ["four", "one", "three", "two"]);
    // A name that sorts before all others, later.
    put(&objects, "a/0.log", b"late\n").await;
    assert_eq!(messages(bench.receive(1).await), ["late"]);
    put(&objects, "a/1.log", b"other\n").await;
    assert_eq!(messages(bench.receive(1).await), ["other"]);
    bench.stop();
    task.await.unwrap();
    assert_eq!(bench.stats.report().acknowledged, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn goes_on_within_an_object_after_a_refusal_and_at_the_next_start() {
    let objects = Objects::in_memory();
    put(&objects, "large.log", lines(0, 2_500).as_bytes()).await;
    let mut bench = Bench::new("objects:x", None);
    let task = start(settings(&objects), &bench);
    let (first, position) = bench.receive_with_position(1).await;
    bench.refuse().await;
    let rest = bench.receive(2_500 - first.len()).await;
    let mut all = messages(first);
    all.extend(messages(rest));
    assert_eq!(all.join("\n") + "\n", lines(0, 2_500), "each once");
    bench.stop();
    task.await.unwrap();

    let seen = Position::read(&position.unwrap()).unwrap();
    let mut bench = Bench::new("objects:x", Some(seen.write()));
    let task = start(settings(&objects), &bench);
    assert!(bench.receive(1).await.remove(0).message().as_str() > "text 0000");
    bench.stop();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_makes_no_sense_is_set_aside_and_the_others_are_read() {
    let objects = Objects::in_memory();
    put(&objects, "1.gz", &[0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
    put(&objects, "2.xz", b"\xfd7zXZ\0\0\0").await;
    put(&objects, "3.log", b"sound\n").await;
    let mut bench = Bench::new("objects:x", None);
    let task = start(settings(&objects), &bench);
    let events = bench.receive(3).await;
    let aside = events.iter().filter(|event| event.0.unmapped.contains("set_aside", SET_ASIDE)).count();
    assert_eq!((aside, messages(events).last().map(String::as_str)), (2, Some("sound")));
    bench.stop();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_begins_now() {
    let objects = Objects::in_memory();
    put(&objects, "old.log", b"old\n").await;
    tokio::time::sleep(Duration::from_millis(2)).await;
    let mut bench = Bench::new("objects:x", None);
    let task = start(Settings { start: Start::Newest, ordered: true, ..settings(&objects) }, &bench);
    let (events, position) = bench.receive_with_position(0).await;
    assert!(events.is_empty() && position.is_some());
    put(&objects, "p.log", b"new\n").await;
    assert_eq!(messages(bench.receive(1).await), ["new"]);
    bench.stop();
    task.await.unwrap();
}
